import { Button, Checkbox, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { Trouble } from "../../components/trouble.tsx";
import { failureOf } from "../../features/stations/commands.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { troubleData } from "../../lib/data/trouble.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import css from "./devices.module.css";
import { type PasswordForm, passwordMistake } from "./ocpp-password-view.ts";

/** What an OCPP station must present when it dials in; nothing for other chargers. */
export function OcppPasswordCard({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("devices");
  const asked = useAsk(["stations", "detail", stationId], (api, signal) =>
    api.stations.detail({ stationId }, { signal }),
  );
  return (
    <Card title={t("password.title")}>
      <StateBoundary asked={asked}>
        {({ connection }) => (connection.kind === "ocpp" ? <Fields identity={connection.identity} /> : null)}
      </StateBoundary>
    </Card>
  );
}

const EMPTY: PasswordForm = { password: "", tellBox: true };

function Fields({ identity }: { readonly identity: string }) {
  const { t } = useTranslation("devices");
  const api = useApi();
  const [form, setForm] = useState(EMPTY);
  const [shown, setShown] = useState(false);
  const mistake = passwordMistake(form);
  const { mutate, isPending, isSuccess, error, variables } = useMutation({
    mutationFn: (password: string | null) =>
      api.ocpp.setPassword({ identity, password, tellBox: password !== null && form.tellBox }),
    onSuccess: () => {
      setForm(EMPTY);
      setShown(false);
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (mistake === null) mutate(form.password);
  };
  return (
    <form className={css["stack"]} onSubmit={submit} noValidate>
      <p className={css["muted"]}>{t("password.lead", { identity })}</p>
      <PasswordInput
        label={t("password.label")}
        description={t("password.hint")}
        autoComplete="new-password"
        value={form.password}
        error={shown && mistake !== null ? t(`password.mistake.${mistake}`) : null}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setForm((before) => ({ ...before, password: value }));
        }}
      />
      <Checkbox
        label={t("password.tellBox")}
        description={t("password.tellBoxHint")}
        checked={form.tellBox}
        onChange={(event) => {
          const { checked } = event.currentTarget;
          setForm((before) => ({ ...before, tellBox: checked }));
        }}
      />
      {error !== null && <Failed error={error} />}
      {isSuccess && <p role="status">{t(variables === null ? "password.removed" : "password.done")}</p>}
      <div className={css["tools"]}>
        <Button
          variant="default"
          disabled={isPending}
          onClick={() => {
            mutate(null);
          }}
        >
          {t("password.remove")}
        </Button>
        <Button type="submit" loading={isPending}>
          {t("password.save")}
        </Button>
      </div>
    </form>
  );
}

/** Why the station has no new password, in words. */
function Failed({ error }: { readonly error: Error }) {
  const { t } = useTranslation("devices");
  const { t: tCharger } = useTranslation("charger");
  if (troubleCode(error) === "BAD_REQUEST") return <p role="alert">{t("password.mistake.forBox")}</p>;
  if (troubleCode(error) !== "DEVICE_FAILED") return <Trouble error={error} />;
  const { reason, detail } = failureOf(troubleCode(error), troubleData(error));
  return (
    <div role="alert">
      <p>
        {tCharger(`failure.${reason}`)} {t(isUnanswered(reason) ? "password.either" : "password.asBefore")}
      </p>
      {detail !== "" && <p className={css["said"]}>{detail}</p>}
    </div>
  );
}

/** Its answer did not come, but the order may have. */
const isUnanswered = (reason: ReturnType<typeof failureOf>["reason"]): boolean =>
  reason === "timeout" || reason === "offline" || reason === "CONNECTION_LOST";
