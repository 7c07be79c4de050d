import { Button, Modal, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BoxReport, OcppRequest } from "../../../contract/index.ts";
import { IconAlertTriangle } from "../../components/icons.ts";
import { Card } from "../../components/page.tsx";
import { useSite } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { BoxOutcome, type PartProps, useBoxAsk, useBoxWord } from "./ocpp-ask.tsx";
import {
  beginsAt,
  firmwareReports,
  isOtherWay,
  locationMistake,
  type Period,
  periodOf,
  PERIODS,
  type Signed,
  signedMistake,
  triesOf,
  uploadReports,
} from "./ocpp-box-view.ts";
import css from "./ocpp-box.module.css";

const PROGRESS_SHOWN = 6;

/** Firmware in, diagnostics and logs out, and how far the box says that it is with them. */
export function BoxFiles(props: PartProps) {
  return (
    <div className={css["pair"]}>
      <FirmwareCard {...props} />
      <DiagnosticsCard {...props} />
    </div>
  );
}

type FirmwareForm = Signed & {
  readonly location: string;
  readonly hours: number | string;
  readonly tries: number | string;
};
const NO_FIRMWARE: FirmwareForm = { location: "", hours: 0, tries: "", certificate: "", signature: "" };

/** The request that the form stands for; `null`: something has to be put right first. */
function firmwareRequest(form: FirmwareForm, now_ms: number | null): OcppRequest | null {
  const { location, hours, tries } = form;
  const at_ms = now_ms === null ? null : beginsAt(hours, now_ms);
  const retries = triesOf(tries);
  if (locationMistake(location) !== null || signedMistake(form) !== null) return null;
  if (now_ms === null || at_ms === null || retries === null) return null;
  const wanted = { location: location.trim(), at_ms, ...retries };
  const [signingCertificate, signature] = [form.certificate.trim(), form.signature.replaceAll(/\s/gu, "")];
  return signingCertificate === ""
    ? { do: "update-firmware", ...wanted }
    : { do: "signed-update-firmware", requestId: requestNumber(now_ms), ...wanted, signingCertificate, signature };
}

function FirmwareCard({ stationId, beyond }: PartProps) {
  const { t } = useTranslation("box");
  const now_ms = useSite()?.at_ms ?? null;
  const [form, setForm] = useState(NO_FIRMWARE);
  const [shown, setShown] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const { asked, ask } = useBoxAsk(stationId);
  const request = firmwareRequest(form, now_ms);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (request !== null) setAsking(true);
  };
  return (
    <Card title={t("firmware.title")}>
      <div className={css["stack"]}>
        <p>{t("firmware.now", { version: beyond.firmware ?? "—" })}</p>
        <Progress reports={firmwareReports(beyond.reports)} none={t("firmware.none")} />
        <FirmwareFields form={form} setForm={setForm} shown={shown} fileWays={beyond.fileWays} onSubmit={submit} />
        <BoxOutcome asked={asked} done={t("firmware.done")} />
      </div>
      {isAsking && request !== null && (
        <FirmwareDialog
          charging={beyond.charging}
          location={form.location.trim()}
          onCancel={() => {
            setAsking(false);
          }}
          onConfirm={() => {
            setAsking(false);
            ask(request);
          }}
        />
      )}
    </Card>
  );
}

type FieldsProps = {
  readonly form: FirmwareForm;
  readonly setForm: (form: FirmwareForm) => void;
  readonly shown: boolean;
  readonly fileWays: string | null;
  readonly onSubmit: (event: SyntheticEvent) => void;
};

function FirmwareFields({ form, setForm, shown, fileWays, onSubmit }: FieldsProps) {
  const { t } = useTranslation("box");
  const format = useFormat();
  const now_ms = useSite()?.at_ms ?? null;
  const at_ms = now_ms === null ? null : beginsAt(form.hours, now_ms);
  return (
    <form className={css["form"]} onSubmit={onSubmit} noValidate aria-label={t("firmware.title")}>
      <Location
        label={t("firmware.location")}
        location={form.location}
        shown={shown}
        fileWays={fileWays}
        onChange={(location) => {
          setForm({ ...form, location });
        }}
      />
      <div className={css["fields"]}>
        <NumberInput
          label={t("firmware.hours")}
          suffix={t("hoursSuffix")}
          min={0}
          step={1}
          decimalScale={2}
          value={form.hours}
          description={at_ms === null ? "\u00a0" : format.dateTime(at_ms)}
          error={shown && at_ms === null ? t("mistake.hours") : null}
          onChange={(hours) => {
            setForm({ ...form, hours });
          }}
        />
        <Tries
          tries={form.tries}
          shown={shown}
          onChange={(tries) => {
            setForm({ ...form, tries });
          }}
        />
      </div>
      <SignedFields form={form} setForm={setForm} shown={shown} />
      <div className={css["tools"]}>
        <Button type="submit">{t("firmware.start")}</Button>
      </div>
    </form>
  );
}

/** For boxes that take signed firmware only. */
function SignedFields({ form, setForm, shown }: Pick<FieldsProps, "form" | "setForm" | "shown">) {
  const { t } = useTranslation("box");
  const mistake = shown ? signedMistake(form) : null;
  return (
    <details className={css["wide"]} open={mistake !== null ? true : undefined}>
      <summary>{t("firmware.signed")}</summary>
      <Textarea
        className={css["pem"]}
        label={t("firmware.certificate")}
        rows={3}
        spellCheck={false}
        value={form.certificate}
        error={mistake === null || mistake === "signature" ? null : t(`certificates.mistake.${mistake}`)}
        onChange={(event) => {
          setForm({ ...form, certificate: event.currentTarget.value });
        }}
      />
      <Textarea
        className={css["pem"]}
        label={t("firmware.signature")}
        rows={2}
        spellCheck={false}
        value={form.signature}
        error={mistake === "signature" ? t("firmware.badSignature") : null}
        onChange={(event) => {
          setForm({ ...form, signature: event.currentTarget.value });
        }}
      />
    </details>
  );
}

type DialogProps = {
  readonly charging: readonly string[];
  readonly location: string;
  readonly onCancel: () => void;
  readonly onConfirm: () => void;
};

/** New firmware restarts the box: who charges there is named before. */
function FirmwareDialog({ charging, location, onCancel, onConfirm }: DialogProps) {
  const { t } = useTranslation("box");
  const { t: tCommon } = useTranslation();
  return (
    <Modal
      opened
      onClose={onCancel}
      title={t("firmware.confirm")}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <div className={css["form"]}>
        <p className={css["said"]}>{location}</p>
        <p>{t("firmware.effect")}</p>
        {charging.length > 0 && (
          <p className={css["warning"]} role="alert">
            <IconAlertTriangle size={18} stroke={1.75} aria-hidden />
            {t("firmware.charging", { names: charging.join(", ") })}
          </p>
        )}
        <div className={css["buttons"]}>
          <Button variant="default" onClick={onCancel}>
            {tCommon("cancel")}
          </Button>
          <Button onClick={onConfirm}>{t("firmware.start")}</Button>
        </div>
      </div>
    </Modal>
  );
}

const KINDS = ["diagnostics", "DiagnosticsLog", "SecurityLog"] as const;
type Kind = (typeof KINDS)[number];
type LogForm = {
  readonly kind: Kind;
  readonly location: string;
  readonly period: Period;
  readonly tries: number | string;
};
const NO_LOG: LogForm = { kind: "diagnostics", location: "", period: "all", tries: "" };

function logRequest({ kind, location, period, tries }: LogForm, now_ms: number | null): OcppRequest | null {
  const retries = triesOf(tries);
  if (now_ms === null || retries === null || locationMistake(location) !== null) return null;
  const wanted = { location: location.trim(), ...retries, ...periodOf(period, now_ms) };
  if (kind === "diagnostics") return { do: "diagnostics", ...wanted };
  return { do: "log", requestId: requestNumber(now_ms), kind, ...wanted };
}

/** The box reports by it; 31 bits, another each second. */
const requestNumber = (now_ms: number): number => Math.floor(now_ms / 1000) % 0x7f_ff_ff_ff;

function DiagnosticsCard({ stationId, beyond }: PartProps) {
  const { t } = useTranslation("box");
  const now_ms = useSite()?.at_ms ?? null;
  const [form, setForm] = useState(NO_LOG);
  const [shown, setShown] = useState(false);
  const { asked, ask } = useBoxAsk(stationId);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    const request = logRequest(form, now_ms);
    if (request !== null) ask(request);
  };
  const fileName = asked.answer?.["fileName"];
  const done = typeof fileName === "string" ? t("diagnostics.done", { fileName }) : t("diagnostics.nothing");
  return (
    <Card title={t("diagnostics.title")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("diagnostics.lead")}</p>
        <Progress reports={uploadReports(beyond.reports)} none={t("diagnostics.none")} />
        <form className={css["form"]} onSubmit={submit} noValidate aria-label={t("diagnostics.title")}>
          <Location
            label={t("diagnostics.location")}
            location={form.location}
            shown={shown}
            fileWays={beyond.fileWays}
            onChange={(location) => {
              setForm({ ...form, location });
            }}
          />
          <LogChoices form={form} setForm={setForm} shown={shown} version={beyond.version} />
          <div className={css["tools"]}>
            <Button type="submit" loading={asked.isAsking}>
              {t("diagnostics.start")}
            </Button>
          </div>
        </form>
        <BoxOutcome asked={asked} done={done} />
      </div>
    </Card>
  );
}

type ChoicesProps = {
  readonly form: LogForm;
  readonly setForm: (form: LogForm) => void;
  readonly shown: boolean;
  readonly version: "1.6" | "2.0.1";
};

function LogChoices({ form, setForm, shown, version }: ChoicesProps) {
  const { t } = useTranslation("box");
  // 2.0.1 has one way to its diagnostics, 1.6 has two: boxes know the older one, some the newer one of the security extension.
  const kinds = version === "1.6" ? KINDS : KINDS.filter((kind) => kind !== "DiagnosticsLog");
  return (
    <div className={css["fields"]}>
      <Select
        label={t("diagnostics.kind")}
        allowDeselect={false}
        value={form.kind}
        data={kinds.map((value) => ({ value, label: t(`diagnostics.kinds.${value}`) }))}
        onChange={(chosen) => {
          setForm({ ...form, kind: KINDS.find((kind) => kind === chosen) ?? form.kind });
        }}
      />
      <Select
        label={t("diagnostics.period")}
        allowDeselect={false}
        value={form.period}
        data={PERIODS.map((value) => ({ value, label: t(`diagnostics.periods.${value}`) }))}
        onChange={(chosen) => {
          setForm({ ...form, period: PERIODS.find((period) => period === chosen) ?? form.period });
        }}
      />
      <Tries
        tries={form.tries}
        shown={shown}
        onChange={(tries) => {
          setForm({ ...form, tries });
        }}
      />
    </div>
  );
}

type LocationProps = {
  readonly label: string;
  readonly location: string;
  readonly shown: boolean;
  readonly fileWays: string | null;
  readonly onChange: (location: string) => void;
};

/** An address of a file server, with the ways that the box said it knows. */
function Location({ label, location, shown, fileWays, onChange }: LocationProps) {
  const { t } = useTranslation("box");
  const mistake = locationMistake(location);
  return (
    <div>
      <TextInput
        label={label}
        description={fileWays === null ? t("location.ways") : t("location.boxWays", { ways: fileWays })}
        placeholder="ftp://192.168.1.20/chargers/"
        autoComplete="off"
        value={location}
        error={shown && mistake !== null ? t(`location.mistake.${mistake}`) : null}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
      />
      {isOtherWay(location, fileWays) && <p className={css["muted"]}>{t("location.otherWay")}</p>}
    </div>
  );
}

type TriesProps = {
  readonly tries: number | string;
  readonly shown: boolean;
  readonly onChange: (tries: number | string) => void;
};

function Tries({ tries, shown, onChange }: TriesProps) {
  const { t } = useTranslation("box");
  return (
    <NumberInput
      label={t("tries.label")}
      description={t("tries.hint")}
      min={0}
      max={20}
      allowDecimal={false}
      value={tries}
      error={shown && triesOf(tries) === null ? t("tries.mistake") : null}
      onChange={onChange}
    />
  );
}

/** What the box told last, newest first. */
function Progress({ reports, none }: { readonly reports: readonly BoxReport[]; readonly none: string }) {
  const { t } = useTranslation("box");
  const format = useFormat();
  const word = useBoxWord();
  if (reports.length === 0) return <p className={css["muted"]}>{none}</p>;
  return (
    <ol className={css["progress"]} aria-label={t("progress")}>
      {reports.slice(0, PROGRESS_SHOWN).map(({ at_ms, status }, index) => (
        // Counted from the oldest a row keeps its key when newer ones come.
        <li key={`${String(at_ms)}/${String(reports.length - index)}`}>
          <time>{format.dateTime(at_ms)}</time>
          <span>{word(status ?? "—")}</span>
        </li>
      ))}
    </ol>
  );
}
