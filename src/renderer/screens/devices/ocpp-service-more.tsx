import { Button, Textarea, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "../../components/page.tsx";
import { type BoxAnswer, BoxOutcome, useBoxAsk } from "./ocpp-ask.tsx";
import { messageMistake, type OwnMessage } from "./ocpp-box-view.ts";
import css from "./ocpp-box.module.css";

const HOUR_s = 3600;

/** What the box says of the limits that it holds for this bay. */
export function HeldLimits({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("box");
  const { asked, ask } = useBoxAsk(stationId);
  return (
    <Card title={t("held.title")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("held.lead")}</p>
        <Button
          variant="default"
          loading={asked.isAsking}
          onClick={() => {
            ask({ do: "composite-schedule", duration_s: HOUR_s });
          }}
        >
          {t("held.start")}
        </Button>
        <BoxOutcome asked={asked} done={t("answered")} />
        <Said answer={asked.answer} />
      </div>
    </Card>
  );
}

const NO_MESSAGE: OwnMessage = { vendorId: "", messageId: "", data: "" };

/** A message of the maker's own, for what its manual says. */
export function MakersMessage({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("box");
  const [form, setForm] = useState(NO_MESSAGE);
  const [shown, setShown] = useState(false);
  const { asked, ask } = useBoxAsk(stationId);
  const mistake = messageMistake(form);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (mistake === null) ask({ do: "data-transfer", ...form });
  };
  const mistakeOf = (field: keyof OwnMessage): string | null =>
    shown && mistake?.field === field ? t(`own.mistake.${mistake.what}`) : null;
  return (
    <Card title={t("own.title")}>
      <form className={css["form"]} onSubmit={submit} noValidate aria-label={t("own.title")}>
        <p className={css["muted"]}>{t("own.lead")}</p>
        <div className={css["fields"]}>
          {(["vendorId", "messageId"] as const).map((field) => (
            <TextInput
              key={field}
              label={t(`own.${field}`)}
              autoComplete="off"
              value={form[field]}
              error={mistakeOf(field)}
              onChange={(event) => {
                setForm({ ...form, [field]: event.currentTarget.value });
              }}
            />
          ))}
        </div>
        <Textarea
          label={t("own.data")}
          rows={3}
          spellCheck={false}
          value={form.data}
          error={mistakeOf("data")}
          onChange={(event) => {
            setForm({ ...form, data: event.currentTarget.value });
          }}
        />
        <div className={css["tools"]}>
          <Button type="submit" variant="default" loading={asked.isAsking}>
            {t("own.start")}
          </Button>
        </div>
        <BoxOutcome asked={asked} done={t("answered")} />
        <Said answer={asked.answer} />
      </form>
    </Card>
  );
}

/** The box's answer as it came. */
function Said({ answer }: { readonly answer: BoxAnswer | undefined }) {
  const { t } = useTranslation("box");
  if (answer === undefined) return null;
  return (
    <pre className={css["raw"]} tabIndex={0} role="region" aria-label={t("answer")}>
      {JSON.stringify(answer, null, 2)}
    </pre>
  );
}
