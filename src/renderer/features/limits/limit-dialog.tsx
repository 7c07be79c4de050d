import { Modal } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LimitChange, LimitSettings } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { AmountFields, KindField, SubjectFields, TokenField } from "./limit-fields.tsx";
import { type LimitForm, limitForm, limitFormMistakes, newLimitForm, NEW_WINDOW, settingOf } from "./limit-form.ts";
import { limitSentence, mistakeText } from "./limit-words.ts";
import css from "./limits.module.css";
import { ModbusFields } from "./modbus-fields.tsx";
import { Preview } from "./preview.tsx";
import { SaveRow } from "./save-row.tsx";
import { refusedMistakes, useChange, useChecked, useMistakeWords } from "./use-limits.ts";
import { WindowRows } from "./window-rows.tsx";

type Limit = LimitSettings["limits"][number];
type Props = {
  readonly settings: LimitSettings;
  /** `null`: a new one. */
  readonly limit: Limit | null;
  readonly onClose: () => void;
  readonly onSaved: (done: { readonly id: string | null; readonly token: string | null }, name: string) => void;
};

/** Adds a limit or changes one; says in a sentence what it will do before it is saved. */
export function LimitDialog({ settings, limit, onClose, onSaved }: Props) {
  const { t } = useTranslation("limits");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const [form, setForm] = useState<LimitForm>(() => (limit === null ? newLimitForm(settings) : limitForm(limit)));
  const [shown, setShown] = useState(false);
  const setting = settingOf(form, limit);
  const change: LimitChange = { kind: "limit", id: limit?.id ?? null, setting };
  const unread = limitFormMistakes(form);
  const checked = useChecked(unread.length === 0 ? change : null);
  const { mutate, isPending, error } = useChange((done) => {
    onSaved(done, form.name.trim());
  });
  const told = checked?.mistakes ?? refusedMistakes(error);
  const mistakes = shown ? [...unread, ...told] : [];
  const wrong = useMistakeWords(mistakes);
  // A name is missing from the first moment; anything else wrong would make the sentence a promise that is not kept.
  const isWrong = unread.length > 0 || (checked?.mistakes ?? []).some(({ field }) => field !== "name");
  const sentence = isWrong ? null : limitSentence({ t, format }, setting, settings);
  const set = (patch: Partial<LimitForm>): void => {
    setForm((before) => ({ ...before, ...patch }));
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (unread.length === 0) mutate(change);
  };
  const fields = { form, settings, set, wrong };
  const others = mistakes.filter(({ field }) => field === "").map((mistake) => mistakeText({ t, format }, mistake));
  return (
    <Modal
      opened
      size="xl"
      onClose={onClose}
      title={limit === null ? t("form.new") : t("form.edit", { name: limit.name })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <form className={css["form"]} onSubmit={submit} noValidate>
        <KindField form={form} set={set} />
        <SubjectFields {...fields} />
        {form.kind === "window" && (
          <WindowRows
            title={t("form.windows")}
            prefix="windows"
            rows={form.windows}
            fresh={NEW_WINDOW}
            wrong={wrong}
            set={(windows) => {
              set({ windows });
            }}
          />
        )}
        {(form.kind === "digital-input" || form.kind === "register") && <ModbusFields {...fields} />}
        <AmountFields {...fields} />
        {form.kind === "http" && limit?.hasToken === true && <TokenField form={form} set={set} />}
        <Preview
          sentences={sentence === null ? [] : [sentence]}
          notes={checked?.notes ?? []}
          missing={t("form.previewMissing")}
        />
        <SaveRow isPending={isPending} error={error} others={others} isWrong={mistakes.length > 0} onCancel={onClose} />
      </form>
    </Modal>
  );
}
