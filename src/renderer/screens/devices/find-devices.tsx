import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { CopyButton } from "../../components/copy-button.tsx";
import { IconAlertTriangle, IconArrowLeft } from "../../components/icons.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Card, Page } from "../../components/page.tsx";
import { Trouble } from "../../components/trouble.tsx";
import { troubleCode } from "../../lib/client/index.ts";
import { useConnection } from "../../lib/data/client-context.tsx";
import { AdoptFound } from "./adopt-found.tsx";
import css from "./devices.module.css";
import { type Find, percentDone, portsOf, siteFileLines } from "./scan-state.ts";
import { type Scan, useScan } from "./use-scan.ts";

type Where = "network" | "serial";

/** Looks for devices on a wire or in the network, and says what was found. */
export function FindDevices() {
  const { t } = useTranslation("devices");
  const scan = useScan();
  return (
    <Page
      title={t("find.title")}
      lead={t("find.lead")}
      actions={
        <LinkButton variant="default" to="/devices" leftSection={<IconArrowLeft size={18} stroke={1.75} aria-hidden />}>
          {t("page.back")}
        </LinkButton>
      }
    >
      <Card title={t("find.where")}>
        <Question scan={scan} />
      </Card>
      {(scan.phase !== "idle" || scan.state.finds.length > 0) && <Results scan={scan} />}
      <Card title={t("find.ocppTitle")}>
        <p>
          {t("find.ocpp")}{" "}
          <Link to="/settings" search={{ page: "devices" }} className={css["link"]}>
            {t("find.ocppLink")}
          </Link>
        </p>
      </Card>
    </Page>
  );
}

function Question({ scan }: { readonly scan: Scan }) {
  const { t } = useTranslation("devices");
  const { state } = useConnection();
  const [where, setWhere] = useState<Where>("network");
  const [cidr, setCidr] = useState("");
  const [path, setPath] = useState("");
  const [ports, setPorts] = useState("");
  const [missing, setMissing] = useState(false);
  const running = scan.phase === "running";
  const text = (where === "network" ? cidr : path).trim();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setMissing(text === "");
    const only = portsOf(ports);
    if (text === "") return;
    scan.start(
      where === "network"
        ? { kind: "network", cidr: text, ...(only.length === 0 ? {} : { ports: only }) }
        : { kind: "serial", path: text },
    );
  };
  const refused = scan.error === null ? null : troubleCode(scan.error);
  const isEmpty = text.length === 0;
  const bad = refused === "BAD_REQUEST" ? t(`find.bad.${where}`) : null;
  const mistake = missing && isEmpty ? t("find.empty") : bad;
  return (
    <form className={css["stack"]} onSubmit={submit} noValidate>
      <SegmentedControl
        aria-label={t("find.where")}
        value={where}
        data={(["network", "serial"] as const).map((value) => ({ value, label: t(`find.${value}.name`) }))}
        onChange={(value) => {
          setWhere(value === "serial" ? "serial" : "network");
          setMissing(false);
        }}
      />
      <div className={css["form"]}>
        <TextInput
          key={where}
          className={css["field"] ?? ""}
          label={t(`find.${where}.label`)}
          description={t(`find.${where}.hint`)}
          placeholder={where === "network" ? "192.168.1.0/24" : "/dev/ttyUSB0"}
          value={where === "network" ? cidr : path}
          error={mistake}
          onChange={(event) => {
            (where === "network" ? setCidr : setPath)(event.currentTarget.value);
          }}
        />
        {where === "network" && <PortsField ports={ports} onChange={setPorts} />}
        {running ? (
          <Button variant="default" onClick={scan.cancel}>
            {t("find.cancel")}
          </Button>
        ) : (
          <Button type="submit" disabled={state !== "open"}>
            {t("find.start")}
          </Button>
        )}
      </div>
      <p className={css["muted"]}>{t(`find.${where}.note`)}</p>
      {refused === "CONFLICT" && <p role="alert">{t(`find.conflict.${where}`)}</p>}
      {refused !== null && refused !== "CONFLICT" && refused !== "BAD_REQUEST" && <Trouble error={scan.error} />}
    </form>
  );
}

type PortsProps = { readonly ports: string; readonly onChange: (ports: string) => void };

/** For who knows where to knock. */
function PortsField({ ports, onChange }: PortsProps) {
  const { t } = useTranslation("devices");
  return (
    <TextInput
      className={css["field"] ?? ""}
      label={t("find.ports")}
      description={t("find.portsHint")}
      placeholder="502, 1502"
      value={ports}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

function Results({ scan: { state, phase, adopted, adopt } }: { readonly scan: Scan }) {
  const { t } = useTranslation("devices");
  const percent = percentDone(state);
  const { length } = state.finds;
  return (
    <Card title={t("find.results")}>
      <div className={css["stack"]}>
        {phase === "running" && (
          <progress
            className={css["progress"]}
            max={100}
            {...(percent === null ? {} : { value: percent })}
            aria-label={t("find.progress")}
          />
        )}
        <p role="status">
          {phase === "running" && t("find.running", { percent: percent ?? 0 })}
          {phase === "ended" && t("find.ended")}
          {phase === "cancelled" && t("find.cancelled")} {t("find.count", { count: length })}
        </p>
        {state.failed !== null && (
          <p role="alert">
            {t("find.failed")} <span className={css["said"]}>{state.failed}</span>
          </p>
        )}
        {phase === "ended" && length === 0 && state.failed === null && <p>{t("find.nothing")}</p>}
        {length > 0 && (
          <ul>
            {state.finds.map((find, index) => (
              <Found
                key={`${placeOf(find)}/${String(index)}`}
                find={find}
                no={index + 1}
                isLooking={phase === "running"}
                isAdopted={adopted.includes(find)}
                onAdopted={() => {
                  adopt(find);
                }}
              />
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}

function placeOf({ at }: Find): string {
  return at.kind === "serial" ? at.path : `${at.host}:${String(at.port)}`;
}

type FoundProps = {
  readonly find: Find;
  readonly no: number;
  readonly isLooking: boolean;
  readonly isAdopted: boolean;
  readonly onAdopted: () => void;
};

function Found({ find, no, isLooking, isAdopted, onAdopted }: FoundProps) {
  const { t } = useTranslation("devices");
  const [asking, setAsking] = useState(false);
  const { at, profileId, candidates, model, serial, clash } = find;
  const unit = "unitId" in at ? t("find.atUnit", { unit: at.unitId }) : null;
  const parity = at.kind === "serial" ? t(`find.parity.${at.parity}`) : null;
  const line = at.kind === "serial" && parity !== null ? `${String(at.baud)} Bd, ${parity}` : null;
  return (
    <li className={css["found"]}>
      <div className={css["lines"]}>
        <span className={css["foundName"]}>{model ?? profileId ?? t("find.unknown")}</span>
        <span>{[placeOf(find), unit, line].filter((part) => part !== null).join(" · ")}</span>
        <span className={css["muted"]}>
          {profileId !== null
            ? t("find.profile", { profile: profileId })
            : candidates.length > 0
              ? t("find.candidates", { profiles: candidates.join(", ") })
              : t("find.noProfile")}
          {serial !== null && ` · ${t("find.serialNo", { serial })}`}
        </span>
        {clash === true && (
          <span className={css["look"]}>
            <IconAlertTriangle size={16} stroke={1.75} aria-hidden />
            {t("find.clash")}
          </span>
        )}
      </div>
      <div className={css["tools"]}>
        {isAdopted ? (
          <span role="status">{t("adopt.done")}</span>
        ) : (
          <Button
            disabled={isLooking}
            onClick={() => {
              setAsking(true);
            }}
          >
            {t("adopt.open")}
          </Button>
        )}
        <CopyButton label={t("find.copy")} text={() => siteFileLines(find, `link-${String(no)}`)} />
      </div>
      {asking && !isAdopted && (
        <AdoptFound
          find={find}
          onClose={() => {
            setAsking(false);
          }}
          onAdopted={onAdopted}
        />
      )}
    </li>
  );
}
