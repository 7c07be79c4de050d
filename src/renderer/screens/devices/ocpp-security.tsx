import { Button, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { StationSecurity } from "../../../contract/index.ts";
import { KeyValues } from "../../components/key-values.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { Trouble } from "../../components/trouble.tsx";
import { failureOf } from "../../features/stations/commands.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { troubleData } from "../../lib/data/trouble.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./devices.module.css";
import { arrivalWords } from "./ocpp-security-view.ts";

const ASK_EVERY_ms = 5_000;

/** How an OCPP station comes in, and whether it must come by TLS. */
export function OcppSecurityCard({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("devices");
  const asked = useAsk(["stations", "detail", stationId], (api, signal) =>
    api.stations.detail({ stationId }, { signal }),
  );
  return (
    <Card title={t("security.title")}>
      <StateBoundary asked={asked}>
        {({ connection }) =>
          connection.kind === "ocpp" ? <Security stationId={stationId} identity={connection.identity} /> : null
        }
      </StateBoundary>
    </Card>
  );
}

function Security({ stationId, identity }: { readonly stationId: string; readonly identity: string }) {
  const asked = useAsk(
    ["ocpp", "security", identity],
    (api, signal) => api.ocppSecurity.station({ identity }, { signal }),
    { every_ms: ASK_EVERY_ms },
  );
  return (
    <StateBoundary asked={asked}>
      {(security) => (
        <div className={css["stack"]}>
          <Facts security={security} />
          <Demand security={security} />
          <SendCa stationId={stationId} />
        </div>
      )}
    </StateBoundary>
  );
}

function Facts({ security }: { readonly security: StationSecurity }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  const { came, profile } = security;
  return (
    <KeyValues
      rows={[
        [t("security.comes"), t(`security.came.${arrivalWords(came)}`)],
        ...(came === null
          ? []
          : ([
              [t("security.profile"), profile === null ? t("security.noProfile") : String(profile)],
              [t("security.since"), format.dateTime(came.at_ms)],
            ] as const)),
      ]}
    />
  );
}

function Demand({ security }: { readonly security: StationSecurity }) {
  const { t } = useTranslation("devices");
  const { state } = useConnection();
  const api = useApi();
  const queries = useQueryClient();
  const { identity, requiresTls, came } = security;
  const { mutate, isPending, error } = useMutation({
    mutationFn: (required: boolean) => api.ocppSecurity.requireTls({ identity, required }),
    onSuccess: (changed) => {
      queries.setQueryData(["ocpp", "security", identity], changed);
    },
  });
  const wouldPutOut = !requiresTls && came?.encrypted === false;
  return (
    <div>
      <Switch
        label={t("security.demand")}
        description={t(wouldPutOut ? "security.demandPutsOut" : "security.demandHint")}
        checked={requiresTls}
        disabled={isPending || state !== "open"}
        onChange={(event) => {
          mutate(event.currentTarget.checked);
        }}
      />
      {error !== null &&
        (troubleCode(error) === "CONFLICT" ? <p role="alert">{t("security.noTls")}</p> : <Trouble error={error} />)}
    </div>
  );
}

/** Has the charger load what it needs to trust us. */
function SendCa({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("devices");
  const { state } = useConnection();
  const api = useApi();
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: () => api.ocppSecurity.sendCa({ stationId }),
  });
  return (
    <>
      <p className={css["muted"]}>{t("security.caHint")}</p>
      {isSuccess && <p role="status">{t("security.caTaken")}</p>}
      {error !== null && <NotTaken error={error} />}
      <div className={css["tools"]}>
        <LinkButton variant="default" to="/settings" search={{ page: "devices" }}>
          {t("security.toDoor")}
        </LinkButton>
        <Button
          variant="default"
          loading={isPending}
          disabled={state !== "open"}
          onClick={() => {
            mutate();
          }}
        >
          {t("security.sendCa")}
        </Button>
      </div>
    </>
  );
}

/** Why the charger has no certificate of ours, in words. */
function NotTaken({ error }: { readonly error: Error }) {
  const { t } = useTranslation("devices");
  const { t: tCharger } = useTranslation("charger");
  if (troubleCode(error) === "CONFLICT") return <p role="alert">{t("security.noTls")}</p>;
  if (troubleCode(error) !== "DEVICE_FAILED") return <Trouble error={error} />;
  const { reason, detail } = failureOf(troubleCode(error), troubleData(error));
  return (
    <div role="alert">
      <p>
        {tCharger(`failure.${reason}`)} {t("security.caByHand")}
      </p>
      {detail !== "" && <p className={css["said"]}>{detail}</p>}
    </div>
  );
}
