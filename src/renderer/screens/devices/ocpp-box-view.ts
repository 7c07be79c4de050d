import type { BoxReport, BoxRequest, BoxSetting, OcppBeyond, OcppRequest } from "../../../contract/index.ts";

// What the page of a box's settings and service shows and checks before anything is sent.

export const BOX_PARTS = ["settings", "files", "cards", "certificates", "service", "record"] as const;
export type BoxPart = (typeof BOX_PARTS)[number];

const VALUE_CHARS_MAX = { "1.6": 500, "2.0.1": 2500 } as const;
const LOCATION_CHARS_MAX = 512;
const CERTIFICATE_CHARS_MAX = 5500;
const RESERVED_HOURS_MAX = 168;
const LATER_HOURS_MAX = 720;
const TRIES_MAX = 20;
const HOUR_ms = 3_600_000;
/** OCPP numbers reservations and requests with 31 bits. */
const NUMBERS = 0x7f_ff_ff_ff;
const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "ftp:", "ftps:", "sftp:"]);

/** Settings with these words in name or value, by name. */
export function settingRows(
  settings: readonly BoxSetting[],
  search: string,
  onlyWritable: boolean,
): readonly BoxSetting[] {
  const words = search.toLowerCase().split(/\s+/u).filter(Boolean);
  return settings
    .filter(({ readOnly }) => !onlyWritable || !readOnly)
    .filter(({ name, value }) => words.every((word) => `${name} ${value ?? ""}`.toLowerCase().includes(word)))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

export type ValueMistake = "same" | "characters" | "long" | "number" | "whole" | "low" | "high" | "flag" | "choice";

/** What has to be put right before a setting can get this value; `null`: nothing. */
export function valueMistake(setting: BoxSetting, value: string): ValueMistake | null {
  if (value === (setting.value ?? "")) return "same";
  if (/\p{Cc}/u.test(value)) return "characters";
  if (value.length > VALUE_CHARS_MAX[setting.address === null ? "1.6" : "2.0.1"]) return "long";
  const { type, choices } = setting;
  if (type === "integer" || type === "decimal") return numberMistake(setting, value);
  if (type === "boolean") return /^(?:true|false)$/iu.test(value) ? null : "flag";
  // Lists may hold several of their choices at a time, which is the box's to judge.
  return type === "OptionList" && choices.length > 0 && !choices.includes(value) ? "choice" : null;
}

function numberMistake({ type, lowest, highest }: BoxSetting, value: string): ValueMistake | null {
  if (!/^[+-]?\d+(?:\.\d+)?$/u.test(value)) return "number";
  if (type === "integer" && value.includes(".")) return "whole";
  const number = Number(value);
  if (lowest !== null && number < lowest) return "low";
  return highest !== null && number > highest ? "high" : null;
}

export const changeRequest = ({ name, address }: BoxSetting, value: string): OcppRequest =>
  address === null ? { do: "configure", key: name, value } : { do: "set-variable", address, value };

export type LocationMistake = "required" | "address" | "scheme" | "long";

/** What is wrong with an address of a file; `null`: nothing. */
export function locationMistake(text: string): LocationMistake | null {
  const location = text.trim();
  if (location === "") return "required";
  if (location.length > LOCATION_CHARS_MAX) return "long";
  if (!URL.canParse(location)) return "address";
  return SCHEMES.has(new URL(location).protocol) ? null : "scheme";
}

/** Whether the box said that it cannot use the way of this address ("FTP,HTTP"). */
export function isOtherWay(location: string, fileWays: string | null): boolean {
  if (fileWays === null || locationMistake(location) !== null) return false;
  const way = new URL(location.trim()).protocol.slice(0, -1).toUpperCase();
  const known = fileWays.toUpperCase().split(/[^A-Z]+/u);
  return !known.includes(way);
}

export type CertificateMistake = "required" | "form" | "key" | "long";

/** What is wrong with a certificate in PEM form; `null`: nothing. */
export function certificateMistake(text: string): CertificateMistake | null {
  if (text.trim() === "") return "required";
  if (text.includes("PRIVATE KEY")) return "key";
  if (!/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/u.test(text)) return "form";
  return text.trim().length > CERTIFICATE_CHARS_MAX ? "long" : null;
}

/** OCPP takes card numbers of 20 characters at most in a reservation. */
export const cardMistake = (text: string): "required" | "long" | null =>
  text.trim() === "" ? "required" : text.trim().length > 20 ? "long" : null;

/** A number of hours within the bounds, else `null`. What a number field holds while it is typed may be text. */
const hoursOf = (hours: number | string, least: number, most: number): number | null =>
  typeof hours === "number" && hours >= least && hours <= most ? hours : null;

/** Until when a bay is kept that is reserved for so many hours from now; `null`: not so many. */
export function reservedUntil(hours: number | string, now_ms: number): number | null {
  const known = hoursOf(hours, 0.25, RESERVED_HOURS_MAX);
  return known === null ? null : Math.round(now_ms + known * HOUR_ms);
}

/** When something begins that is to begin in so many hours; `null`: not so many. */
export function beginsAt(hours: number | string, now_ms: number): number | null {
  const known = hoursOf(hours, 0, LATER_HOURS_MAX);
  return known === null ? null : Math.round(now_ms + known * HOUR_ms);
}

/** Tries in the form of a request; empty: the box's own number. `null`: no such number. */
export function triesOf(tries: number | string): { readonly retries?: number } | null {
  if (tries === "") return {};
  return typeof tries === "number" && Number.isInteger(tries) && tries >= 0 && tries <= TRIES_MAX
    ? { retries: tries }
    : null;
}

export const PERIODS = ["all", "hour", "day", "week"] as const;
export type Period = (typeof PERIODS)[number];
const PERIOD_ms: Readonly<Record<Period, number | null>> = {
  all: null,
  hour: HOUR_ms,
  day: 24 * HOUR_ms,
  week: 168 * HOUR_ms,
};

/** The last hour, day or week in the form of a request. */
export function periodOf(period: Period, now_ms: number): { readonly from_ms?: number; readonly until_ms?: number } {
  const length_ms = PERIOD_ms[period];
  return length_ms === null ? {} : { from_ms: Math.max(0, now_ms - length_ms), until_ms: now_ms };
}

/** A number that no reservation of the list has; requests of one second share it, which only replaces the first. */
export function freeNumber(reservations: OcppBeyond["reservations"], now_ms: number): number {
  const taken = new Set(reservations.map(({ reservationId }) => reservationId));
  let number = Math.floor(now_ms / 1000) % NUMBERS;
  while (taken.has(number)) number = (number + 1) % NUMBERS;
  return number;
}

const FIRMWARE: ReadonlySet<string> = new Set([
  "FirmwareStatusNotification",
  "SignedFirmwareStatusNotification",
  "PublishFirmwareStatusNotification",
]);
const UPLOADS: ReadonlySet<string> = new Set(["DiagnosticsStatusNotification", "LogStatusNotification"]);

export const firmwareReports = (reports: readonly BoxReport[]): readonly BoxReport[] =>
  reports.filter(({ name }) => FIRMWARE.has(name));
export const uploadReports = (reports: readonly BoxReport[]): readonly BoxReport[] =>
  reports.filter(({ name }) => UPLOADS.has(name));

export type Signed = { readonly certificate: string; readonly signature: string };
const SIGNATURE_CHARS_MAX = 800;

/** Both or neither: with them the box checks the file before it installs it. What is wrong; `null`: nothing. */
export function signedMistake({ certificate, signature }: Signed): CertificateMistake | "signature" | null {
  const text = signature.trim();
  if (certificate.trim() === "" && text === "") return null;
  const mistake = certificateMistake(certificate);
  if (mistake !== null) return mistake;
  return /^[A-Za-z0-9+/=\s]+$/u.test(text) && text.length <= SIGNATURE_CHARS_MAX ? null : "signature";
}

export type OwnMessage = { readonly vendorId: string; readonly messageId: string; readonly data: string };
type MessageMistake = { readonly field: keyof OwnMessage; readonly what: "required" | "long" };
/** OCPP 1.6, 5.12; the length of the data is ours. */
const MESSAGE_CHARS_MAX = { vendorId: 255, messageId: 50, data: 10_000 } as const;

/** What has to be put right first in a message of the maker's own; `null`: nothing. */
export function messageMistake(message: OwnMessage): MessageMistake | null {
  if (message.vendorId.trim() === "") return { field: "vendorId", what: "required" };
  const long = (["vendorId", "messageId", "data"] as const).find(
    (field) => message[field].length > MESSAGE_CHARS_MAX[field],
  );
  return long === undefined ? null : { field: long, what: "long" };
}

/** "Accepted" and "Rejected" say no more than that it agreed or refused. */
export const saysMore = (word: string): boolean => word !== "" && word !== "Accepted" && word !== "Rejected";

/** Words of boxes for which we have better ones. */
const WORDS = [
  "Accepted",
  "AcceptedCanceled",
  "BadMessage",
  "CertificateVerified",
  "DownloadFailed",
  "DownloadPaused",
  "DownloadScheduled",
  "Downloaded",
  "Downloading",
  "Failed",
  "Faulted",
  "Idle",
  "InstallRebooting",
  "InstallScheduled",
  "InstallVerificationFailed",
  "InstallationFailed",
  "Installed",
  "Installing",
  "InvalidCertificate",
  "InvalidSignature",
  "NotFound",
  "NotSupportedOperation",
  "Occupied",
  "PermissionDenied",
  "RebootRequired",
  "ReservationUsed",
  "RevokedCertificate",
  "Scheduled",
  "SignatureVerified",
  "Unavailable",
  "UploadFailed",
  "UploadFailure",
  "Uploaded",
  "Uploading",
  "VersionMismatch",
] as const;
export type KnownWord = (typeof WORDS)[number];

/** The word among those we have better ones for; `null`: it is shown as the box says it. */
export const knownWord = (word: string): KnownWord | null => WORDS.find((known) => known === word) ?? null;

/** The requests that have a name of their own in the record; the others are shown as they are called. */
export const ASKED_NAMES = [
  "availability",
  "cancel-reservation",
  "clear-cache",
  "clear-charging-profiles",
  "configure",
  "data-transfer",
  "delete-certificate",
  "diagnostics",
  "extended-trigger",
  "install-certificate",
  "log",
  "reserve",
  "send-local-list",
  "send-site-cards",
  "set-variable",
  "signed-update-firmware",
  "trigger",
  "update-firmware",
] as const;
export const askedName = (asked: string): (typeof ASKED_NAMES)[number] | null =>
  ASKED_NAMES.find((name) => name === asked) ?? null;

/** What was asked for, for one line: "TimeZone = Europe/Vienna", a card and until when, a list and its version. */
export type AskedAbout =
  | { readonly kind: "setting"; readonly name: string; readonly value: string | null }
  | { readonly kind: "card"; readonly card: string; readonly until_ms: number }
  | { readonly kind: "list"; readonly cards: number; readonly version: number }
  | { readonly kind: "text"; readonly text: string };

export function askedAbout({ about }: BoxRequest): AskedAbout {
  const { key, value, idToken, until_ms, cards, version } = about;
  if (typeof key === "string") return { kind: "setting", name: key, value: value === undefined ? null : String(value) };
  if (typeof idToken === "string" && typeof until_ms === "number") return { kind: "card", card: idToken, until_ms };
  if (typeof cards === "number" && typeof version === "number") return { kind: "list", cards, version };
  return { kind: "text", text: Object.values(about).map(String).join(", ") };
}
