import { Button, FileButton, Select, Textarea } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type InstalledCertificate, ocppAnswers } from "../../../contract/index.ts";
import { DataTable } from "../../components/data-table.tsx";
import { IconFileUpload } from "../../components/icons.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Card } from "../../components/page.tsx";
import { BoxOutcome, type PartProps, useBoxAsk } from "./ocpp-ask.tsx";
import { certificateMistake } from "./ocpp-box-view.ts";
import css from "./ocpp-box.module.css";

const KINDS = ["CentralSystemRootCertificate", "ManufacturerRootCertificate"] as const;
type Kind = (typeof KINDS)[number];
/** A certificate has some kilobytes: a bigger file is another one. */
const FILE_BYTES_MAX = 100_000;

/** Whom the box trusts: its certificates listed, given and taken away. */
export function BoxCertificates({ stationId }: PartProps) {
  const { t } = useTranslation("box");
  const [kind, setKind] = useState<Kind>("CentralSystemRootCertificate");
  const [listed, setListed] = useState<readonly InstalledCertificate[] | null>(null);
  const { asked, ask } = useBoxAsk(stationId, (request, answer) => {
    if (request.do === "installed-certificates")
      setListed(ocppAnswers["installed-certificates"].parse(answer).certificates);
    // What was listed is no longer what the box has.
    else setListed(null);
  });
  // The list is its own answer.
  const isShown = listed !== null && asked.request?.do === "installed-certificates" && asked.error === null;
  return (
    <Card title={t("part.certificates")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("certificates.lead")}</p>
        <div className={css["tools"]}>
          <span>{t("certificates.own")}</span>
          <LinkButton size="compact-sm" variant="default" to="/devices" search={{ kind: "station", device: stationId }}>
            {t("certificates.toDevice")}
          </LinkButton>
        </div>
        <div className={css["tools"]}>
          <Select
            label={t("certificates.kind")}
            allowDeselect={false}
            w="22rem"
            maw="100%"
            value={kind}
            data={KINDS.map((value) => ({ value, label: t(`certificates.kinds.${value}`) }))}
            onChange={(chosen) => {
              setKind(KINDS.find((one) => one === chosen) ?? kind);
              setListed(null);
            }}
          />
        </div>
        <div className={css["tools"]}>
          <Button
            variant="default"
            loading={asked.isAsking && asked.request?.do === "installed-certificates"}
            onClick={() => {
              ask({ do: "installed-certificates", kind });
            }}
          >
            {t("certificates.list")}
          </Button>
        </div>
        {listed !== null && (
          <Installed
            certificates={listed}
            isAsking={asked.isAsking}
            onDelete={(certificate) => {
              ask({ do: "delete-certificate", ...certificate });
            }}
          />
        )}
        {!isShown && <BoxOutcome asked={asked} />}
        <Install
          isAsking={asked.isAsking}
          onInstall={(certificate) => {
            ask({ do: "install-certificate", kind, certificate });
          }}
        />
      </div>
    </Card>
  );
}

type InstalledProps = {
  readonly certificates: readonly InstalledCertificate[];
  readonly isAsking: boolean;
  readonly onDelete: (certificate: InstalledCertificate) => void;
};

/** Boxes tell of a certificate its number and sums, not its name. A second press deletes. */
function Installed({ certificates, isAsking, onDelete }: InstalledProps) {
  const { t } = useTranslation("box");
  const [sure, setSure] = useState<string | null>(null);
  if (certificates.length === 0) return <p>{t("certificates.none")}</p>;
  return (
    <div className={css["wide"]}>
      <DataTable
        label={t("part.certificates")}
        rows={certificates}
        keyOf={keyOf}
        columns={[
          {
            id: "serial",
            title: t("certificates.serial"),
            cell: ({ serialNumber }) => <code className={css["name"]}>{serialNumber}</code>,
          },
          {
            id: "issuer",
            title: t("certificates.issuer"),
            cell: ({ issuerKeyHash, hashAlgorithm }) => (
              <code className={css["name"]}>
                {hashAlgorithm} {issuerKeyHash}
              </code>
            ),
          },
          {
            id: "delete",
            title: t("certificates.delete"),
            cell: (one) => (
              <Button
                size="compact-sm"
                variant={sure === keyOf(one) ? "filled" : "default"}
                disabled={isAsking}
                aria-label={t(sure === keyOf(one) ? "certificates.deleteSure" : "certificates.deleteOne", {
                  serial: one.serialNumber,
                })}
                onClick={() => {
                  if (sure === keyOf(one)) onDelete(one);
                  else setSure(keyOf(one));
                }}
              >
                {t(sure === keyOf(one) ? "certificates.really" : "certificates.delete")}
              </Button>
            ),
          },
        ]}
      />
    </div>
  );
}

const keyOf = ({ serialNumber, issuerKeyHash, issuerNameHash }: InstalledCertificate): string =>
  `${serialNumber}/${issuerKeyHash}/${issuerNameHash}`;

type InstallProps = { readonly isAsking: boolean; readonly onInstall: (certificate: string) => void };

function Install({ isAsking, onInstall }: InstallProps) {
  const { t } = useTranslation("box");
  const [certificate, setCertificate] = useState("");
  const [shown, setShown] = useState(false);
  const mistake = certificateMistake(certificate);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (mistake === null) onInstall(certificate.trim());
  };
  const read = async (file: File | null): Promise<void> => {
    if (file === null) return;
    setShown(true);
    setCertificate(file.size > FILE_BYTES_MAX ? file.name : await file.text());
  };
  return (
    <form className={css["form"]} onSubmit={submit} noValidate aria-label={t("certificates.install")}>
      <Textarea
        className={css["pem"]}
        label={t("certificates.pem")}
        description={t("certificates.pemHint")}
        rows={6}
        spellCheck={false}
        value={certificate}
        error={shown && mistake !== null ? t(`certificates.mistake.${mistake}`) : null}
        onChange={(event) => {
          setCertificate(event.currentTarget.value);
        }}
      />
      <div className={css["tools"]}>
        <FileButton accept=".pem,.crt,.cer,.txt" onChange={(file) => void read(file)}>
          {(props) => (
            <Button {...props} variant="default" leftSection={<IconFileUpload size={16} stroke={1.75} aria-hidden />}>
              {t("certificates.pick")}
            </Button>
          )}
        </FileButton>
        <Button type="submit" loading={isAsking}>
          {t("certificates.install")}
        </Button>
      </div>
    </form>
  );
}
