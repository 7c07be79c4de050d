import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { LimitSettings, SignalView } from "../../../contract/index.ts";
import { DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { LimitDialog } from "./limit-dialog.tsx";
import { limitSentence } from "./limit-words.ts";
import css from "./limits.module.css";
import { SaveRow } from "./save-row.tsx";
import { TokenDialog } from "./token-dialog.tsx";
import { useChange } from "./use-limits.ts";

type Limit = LimitSettings["limits"][number];
type Open =
  | { readonly kind: "edit"; readonly limit: Limit | null }
  | { readonly kind: "remove"; readonly limit: Limit }
  | { readonly kind: "token"; readonly id: string; readonly name: string; readonly token: string };

const ASK_EVERY_ms = 2_000;

/** Limits from outside: what each does, whether it holds now, and changing it. */
export function LimitList({ settings }: { readonly settings: LimitSettings }) {
  const { t } = useTranslation("limits");
  const { state } = useConnection();
  const [open, setOpen] = useState<Open | null>(null);
  const [said, setSaid] = useState<"saved" | "removed" | null>(null);
  const close = (): void => {
    setOpen(null);
  };
  const show = (next: Open): void => {
    setSaid(null);
    setOpen(next);
  };
  return (
    <Card
      title={t("title")}
      actions={
        <Button
          disabled={state !== "open"}
          onClick={() => {
            show({ kind: "edit", limit: null });
          }}
        >
          {t("add")}
        </Button>
      }
    >
      <p className={css["lead"]}>{t("lead")}</p>
      <p role="status">{said !== null && t(said)}</p>
      {settings.limits.length === 0 ? <p>{t("none")}</p> : <Table settings={settings} show={show} />}
      {open?.kind === "edit" && (
        <LimitDialog
          settings={settings}
          limit={open.limit}
          onClose={close}
          onSaved={({ id, token }, name) => {
            setSaid("saved");
            setOpen(id === null || token === null ? null : { kind: "token", id, name, token });
          }}
        />
      )}
      {open?.kind === "remove" && (
        <RemoveDialog
          limit={open.limit}
          onClose={close}
          onDone={() => {
            setSaid("removed");
            close();
          }}
        />
      )}
      {open?.kind === "token" && <TokenDialog {...open} silentAfter_ms={settings.silentAfter_ms} onClose={close} />}
    </Card>
  );
}

function Table({ settings, show }: { readonly settings: LimitSettings; readonly show: (open: Open) => void }) {
  const { t } = useTranslation("limits");
  const format = useFormat();
  const { state } = useConnection();
  const signals = useAsk(["signals"], (api, signal) => api.signals.list(undefined, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  return (
    <DataTable
      label={t("title")}
      keyOf={({ id }) => id}
      rows={settings.limits}
      columns={[
        { id: "name", title: t("column.name"), cell: ({ name }) => name },
        {
          id: "does",
          title: t("column.does"),
          cell: (limit) => <span className={css["wrap"]}>{limitSentence({ t, format }, limit, settings) ?? "—"}</span>,
        },
        {
          id: "now",
          title: t("column.now"),
          cell: ({ id }) => <Now signal={signals.data?.find((one) => one.id === id)} />,
        },
        {
          id: "actions",
          title: "",
          cell: (limit) => (
            <span className={css["actions"]}>
              <Button
                variant="default"
                size="xs"
                disabled={state !== "open"}
                aria-label={t("changeOf", { name: limit.name })}
                onClick={() => {
                  show({ kind: "edit", limit });
                }}
              >
                {t("change")}
              </Button>
              <Button
                variant="default"
                size="xs"
                disabled={state !== "open"}
                aria-label={t("removeOf", { name: limit.name })}
                onClick={() => {
                  show({ kind: "remove", limit });
                }}
              >
                {t("remove")}
              </Button>
            </span>
          ),
        },
      ]}
    />
  );
}

function Now({ signal }: { readonly signal: SignalView | undefined }) {
  const { t } = useTranslation("limits");
  const format = useFormat();
  if (signal === undefined) return "—";
  const { active, heard_at_ms, source } = signal;
  if (active !== null) {
    const values = [
      ...(active.limit_W === null ? [] : [format.exactPower(active.limit_W)]),
      ...(active.limit_mA === null ? [] : [format.exactCurrent(active.limit_mA)]),
    ];
    const value = values.join(", ");
    return <strong>{active.why === "fail-safe" ? t("now.silent", { value }) : t("now.active", { value })}</strong>;
  }
  return heard_at_ms === null && source !== "window" ? t("now.waiting") : t("now.idle");
}

type RemoveProps = { readonly limit: Limit; readonly onClose: () => void; readonly onDone: () => void };

function RemoveDialog({ limit, onClose, onDone }: RemoveProps) {
  const { t } = useTranslation("limits");
  const { t: tCommon } = useTranslation();
  const { mutate, isPending, error } = useChange(onDone);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("removeOf", { name: limit.name })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ kind: "remove", id: limit.id });
        }}
      >
        <p>{t("removeSure", { name: limit.name })}</p>
        <SaveRow
          isPending={isPending}
          error={error}
          others={[]}
          isWrong={false}
          onCancel={onClose}
          label={t("remove")}
        />
      </form>
    </Modal>
  );
}
