import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { StationLive } from "../../../contract/index.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { troubleData } from "../../lib/data/trouble.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useNow } from "../../lib/data/use-now.ts";
import css from "./command-bar.module.css";
import { CommandDialog } from "./command-dialog.tsx";
import {
  type Command,
  type CommandName,
  type CommandProgress,
  type Abilities,
  failureOf,
  offeredCommands,
  possibleCommands,
  send,
} from "./commands.ts";

/** What can be asked of the charger, and how the last wish went: sent, accepted, or failed with the reason. */
export function Commands({ station, can }: { readonly station: StationLive; readonly can: Abilities | undefined }) {
  const { t } = useTranslation("charger");
  const { state } = useConnection();
  const [asking, setAsking] = useState<CommandName | null>(null);
  const [progress, run] = useCommand(station.stationId);
  const possible = possibleCommands(station);
  const busy = progress?.phase === "sent";
  const hindrance = state === "open" ? (station.online ? null : "offline") : "disconnected";
  return (
    <div className={css["commands"]}>
      <div className={css["bar"]}>
        {offeredCommands(station, can).map((name) => (
          <Button
            key={name}
            size="xs"
            variant={name === "start" || name === "stop" ? "filled" : "default"}
            disabled={busy || state !== "open" || possible[name] !== null}
            onClick={() => {
              setAsking(name);
            }}
          >
            {t(`command.${name}.button`)}
          </Button>
        ))}
      </div>
      {hindrance !== null && <p className={css["hint"]}>{t(`hindrance.${hindrance}`)}</p>}
      {progress !== null && <Outcome progress={progress} />}
      {asking !== null && (
        <CommandDialog
          name={asking}
          station={station}
          onCancel={() => {
            setAsking(null);
          }}
          onConfirm={(command) => {
            setAsking(null);
            run(command);
          }}
        />
      )}
    </div>
  );
}

function useCommand(stationId: string): readonly [CommandProgress | null, (command: Command) => void] {
  const api = useApi();
  const queries = useQueryClient();
  const [progress, setProgress] = useState<CommandProgress | null>(null);
  const { mutate } = useMutation({
    mutationFn: (command: Command) => send(api, stationId, command),
    onMutate: ({ name }) => {
      setProgress({ phase: "sent", name, sent_ms: Date.now() });
    },
    onSuccess: (_, { name }) => {
      setProgress({ phase: "accepted", name, answered_ms: Date.now() });
      void queries.invalidateQueries({ queryKey: ["stations", "detail", stationId] });
    },
    onError: (error, { name }) => {
      const failure = failureOf(troubleCode(error), troubleData(error));
      setProgress({ phase: "failed", name, answered_ms: Date.now(), ...failure });
    },
  });
  return [progress, mutate];
}

function Outcome({ progress }: { readonly progress: CommandProgress }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const now_ms = useNow();
  const name = t(`command.${progress.name}.button`);
  switch (progress.phase) {
    case "sent":
      return (
        <p className={css["outcome"]} role="status">
          {t("outcome.sent", { name, age: format.age(now_ms - progress.sent_ms) })}
        </p>
      );
    case "accepted":
      return (
        <p className={css["outcome"]} role="status">
          {t("outcome.accepted", { name, time: format.timeSeconds(progress.answered_ms) })}
        </p>
      );
    case "failed":
      return (
        <p className={css["outcome"]} data-failed role="alert">
          <strong>{t("outcome.failed", { name, time: format.timeSeconds(progress.answered_ms) })}</strong>{" "}
          {t(`failure.${progress.reason}`)} {progress.retry ? t("failure.retry") : t("failure.noRetry")}
          {progress.detail !== "" && <span className={css["detail"]}>{progress.detail}</span>}
        </p>
      );
  }
}
