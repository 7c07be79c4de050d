import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { OcppDoor } from "../../../contract/index.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { IconDownload } from "../../components/icons.ts";
import { KeyValues } from "../../components/key-values.tsx";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { Trouble } from "../../components/trouble.tsx";
import { useApi } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { saveFile } from "../../lib/files/save-file.ts";
import css from "./settings.module.css";

const ASK_EVERY_ms = 5_000;
const CA_FILE = "chargehand-ca.pem";

/** Where chargers call in, what they need to do so encrypted, and who failed at that. */
export function OcppDoorCard() {
  const { t } = useTranslation("settings");
  const asked = useAsk(["ocpp", "door"], (api, signal) => api.ocppSecurity.door(undefined, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  return (
    <Card title={t("door.title")}>
      <StateBoundary asked={asked}>{(door) => <Door door={door} />}</StateBoundary>
    </Card>
  );
}

function Door({ door }: { readonly door: OcppDoor }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const { url, tlsUrl, ca, problem, failures } = door;
  return (
    <div className={css["form"]}>
      <p className={css["muted"]}>{t("door.lead")}</p>
      <KeyValues
        rows={[
          [t("door.plain"), <Address key="plain" url={url} />],
          [t("door.encrypted"), tlsUrl === null ? t("door.noTls") : <Address key="tls" url={tlsUrl} />],
          ...(ca === null
            ? []
            : ([
                [t("door.fingerprint"), <code key="print">{ca.fingerprint}</code>],
                [t("door.validTo"), format.date(ca.validTo_ms)],
              ] as const)),
        ]}
      />
      {ca !== null && (
        <div className={css["links"]}>
          <Button
            variant="default"
            leftSection={<IconDownload size={18} stroke={1.75} aria-hidden />}
            onClick={() => {
              saveFile(CA_FILE, new Blob([ca.pem], { type: "application/x-pem-file" }));
            }}
          >
            {t("door.download")}
          </Button>
        </div>
      )}
      {problem !== null && <Problem problem={problem} />}
      {failures.length > 0 && (
        <div>
          <h3 className={css["previewTitle"]}>{t("door.failures")}</h3>
          <ul>
            {failures.map(({ address, reason, at_ms, count }) => (
              <li key={address}>
                <strong>{address}</strong>{" "}
                <span className={css["muted"]}>
                  {t("door.failedAt", { time: format.dateTime(at_ms), times: t("door.times", { count }) })}
                </span>
                <p>{t(`door.failure.${reason}`)}</p>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function Address({ url }: { readonly url: string }) {
  const { t } = useTranslation("settings");
  return (
    <>
      <code>{url}</code> <CopyButton text={() => url} label={t("waiting.copy")} />
    </>
  );
}

/** What is wrong with the files, and the way out where only a new authority helps. */
function Problem({ problem }: { readonly problem: NonNullable<OcppDoor["problem"]> }) {
  const { t } = useTranslation("settings");
  const api = useApi();
  const queries = useQueryClient();
  const [sure, setSure] = useState(false);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.ocppSecurity.replaceCa(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["ocpp"] }),
  });
  return (
    <div role="alert" className={css["form"]}>
      <p>{t(`door.problem.${problem.code}`)}</p>
      <p className={css["muted"]}>
        <code>{problem.file}</code> {problem.detail}
      </p>
      {problem.code !== "not-stored" && (
        <>
          {sure && <p>{t("door.replaceSure")}</p>}
          <div className={css["links"]}>
            <Button
              variant={sure ? "filled" : "default"}
              loading={isPending}
              onClick={() => {
                if (sure) mutate();
                else setSure(true);
              }}
            >
              {t(sure ? "door.replaceNow" : "door.replace")}
            </Button>
          </div>
        </>
      )}
      {error !== null && <Trouble error={error} />}
    </div>
  );
}
