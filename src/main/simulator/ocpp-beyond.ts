import { createHash, X509Certificate } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../devices/ports.ts";
import type { Configuration } from "./ocpp-configuration.ts";

// What a box does beyond charging: its list of cards, reservations, firmware, diagnostics, certificates. Files are only
// talked of: nothing is fetched from anywhere nor sent anywhere.

const CARDS_MAX = 1000;
const CERTIFICATES_MAX = 8;
const TRANSFER_ms = 4000;
const INSTALL_ms = 12_000;
const FILE_SCHEMES = /^(?:https?|ftps?|sftp):\/\//u;

const entry = z.object({ idTag: z.string().min(1), idTagInfo: z.object({ status: z.string() }).optional() });
const list = z.object({
  listVersion: z.int().min(0),
  updateType: z.enum(["Full", "Differential"]),
  localAuthorizationList: z.array(entry).max(500).default([]),
});
const reserve = z.object({
  connectorId: z.int().max(1),
  expiryDate: z.iso.datetime().transform((text) => Date.parse(text)),
  idTag: z.string().min(1),
  reservationId: z.int(),
});
const hash = z.object({
  hashAlgorithm: z.string(),
  issuerNameHash: z.string(),
  issuerKeyHash: z.string(),
  serialNumber: z.string(),
});
type Hash = z.infer<typeof hash>;

/** What it needs of the box it belongs to. */
export interface BeyondBox {
  readonly options: { readonly identity: string; readonly clock: Clock; readonly rude?: boolean };
  readonly configuration: Configuration;
  readonly isBusy: boolean;
  later(delay_ms: number, work: () => void): void;
  say(method: string, params: object): void;
}

/** How a version words the progress of its files. */
export type Told = {
  firmware(status: string, requestId: number | null): void;
  diagnostics(status: string): void;
  log(status: string, requestId: number): void;
};

export interface Beyond {
  /** The answer to a request in the form of 1.6; `null`: this box does not know it. */
  answer(method: string, params: unknown, told: Told): object | null;
  /** Says again how far its files are; `false`: it has no such message. */
  again(message: string, told: Told): boolean;
  isReserved(): boolean;
  /** Whether this card may start now: a reserved bay waits for its own. */
  admits(idToken: string): boolean;
  /** Uses up the reservation of the card and answers its number; `null`: there was none. */
  use(idToken: string): number | null;
}

type Reservation = { readonly id: number; readonly idToken: string; readonly until_ms: number };
type Kept = {
  version: number;
  cards: ReadonlyMap<string, string>;
  reservation: Reservation | null;
  certificates: readonly { readonly kind: string; readonly hash: Hash }[];
  firmware: string;
  upload: string;
};
type Answer = (box: BeyondBox, kept: Kept, params: unknown, told: Told) => object;

/** The part of a box that has nothing to do with charging; a `rude` box has none of it. */
export function createBeyond(box: BeyondBox): Beyond {
  const kept: Kept = {
    version: 0,
    cards: new Map(),
    reservation: null,
    certificates: [],
    firmware: "Idle",
    upload: "Idle",
  };
  const reservation = (): Reservation | null => {
    if (kept.reservation !== null && kept.reservation.until_ms <= box.options.clock.now_ms()) kept.reservation = null;
    return kept.reservation;
  };
  return {
    answer: (method, params, told) =>
      box.options.rude === true || !Object.hasOwn(ANSWERS, method)
        ? null
        : (ANSWERS[method]?.(box, kept, params, told) ?? null),
    again(message, told) {
      if (box.options.rude === true) return false;
      if (message === "FirmwareStatusNotification") told.firmware(kept.firmware, null);
      else if (message === "DiagnosticsStatusNotification") told.diagnostics(kept.upload);
      else if (message === "LogStatusNotification") told.log(kept.upload, 0);
      else return false;
      return true;
    },
    isReserved: () => reservation() !== null,
    admits: (idToken) => (reservation()?.idToken ?? idToken) === idToken,
    use(idToken) {
      const used = reservation();
      if (used?.idToken !== idToken) return null;
      kept.reservation = null;
      return used.id;
    },
  };
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  // OCPP 1.6, 5.10: −1 where the list is switched off.
  GetLocalListVersion: (box, kept) => ({
    listVersion: box.configuration.isTrue("LocalAuthListEnabled") ? kept.version : -1,
  }),
  SendLocalList(box, kept, params) {
    const request = list.safeParse(params);
    if (!request.success || !box.configuration.isTrue("LocalAuthListEnabled")) return { status: "Failed" };
    const { listVersion, updateType, localAuthorizationList } = request.data;
    if (updateType === "Differential" && listVersion <= kept.version) return { status: "VersionMismatch" };
    const cards = new Map(updateType === "Full" ? [] : kept.cards);
    for (const { idTag, idTagInfo } of localAuthorizationList)
      if (idTagInfo === undefined) cards.delete(idTag);
      else cards.set(idTag, idTagInfo.status);
    if (cards.size > CARDS_MAX) return { status: "Failed" };
    kept.cards = cards;
    kept.version = listVersion;
    return { status: "Accepted" };
  },
  ReserveNow(box, kept, params) {
    const request = reserve.safeParse(params);
    if (!request.success) return { status: "Rejected" };
    const { reservationId: id, idTag: idToken, expiryDate: until_ms } = request.data;
    if (box.isBusy || (kept.reservation !== null && kept.reservation.id !== id)) return { status: "Occupied" };
    kept.reservation = { id, idToken, until_ms };
    return { status: "Accepted" };
  },
  CancelReservation(_box, kept, params) {
    const request = z.object({ reservationId: z.int() }).safeParse(params);
    if (!request.success || kept.reservation?.id !== request.data.reservationId) return { status: "Rejected" };
    kept.reservation = null;
    return { status: "Accepted" };
  },
  UpdateFirmware(box, kept, params, told) {
    const request = z.object({ location: z.string() }).safeParse(params);
    if (request.success) updateFirmware(box, kept, told, request.data.location, null);
    return {};
  },
  SignedUpdateFirmware(box, kept, params, told) {
    const request = z.object({ requestId: z.int(), firmware: z.object({ location: z.string() }) }).safeParse(params);
    if (!request.success) return { status: "Rejected" };
    updateFirmware(box, kept, told, request.data.firmware.location, request.data.requestId);
    return { status: "Accepted" };
  },
  GetDiagnostics(box, kept, params, told) {
    const request = z.object({ location: z.string() }).safeParse(params);
    // Nothing to send is an answer without a name.
    if (!request.success) return {};
    upload(box, kept, request.data.location, (status) => {
      told.diagnostics(status);
    });
    return { fileName: `${box.options.identity}-diagnostics.zip` };
  },
  GetLog(box, kept, params, told) {
    const request = z.object({ requestId: z.int(), log: z.object({ remoteLocation: z.string() }) }).safeParse(params);
    if (!request.success) return { status: "Rejected" };
    const { requestId, log } = request.data;
    upload(box, kept, log.remoteLocation, (status) => {
      told.log(status, requestId);
    });
    return { status: "Accepted", filename: `${box.options.identity}.log` };
  },
  InstallCertificate(_box, kept, params) {
    const request = z.object({ certificateType: z.string(), certificate: z.string() }).safeParse(params);
    const found = request.success ? hashOf(request.data.certificate) : null;
    if (!request.success || found === null || kept.certificates.length >= CERTIFICATES_MAX)
      return { status: "Rejected" };
    kept.certificates = [...kept.certificates, { kind: request.data.certificateType, hash: found }];
    return { status: "Accepted" };
  },
  GetInstalledCertificateIds(_box, kept, params) {
    const request = z.object({ certificateType: z.string() }).safeParse(params);
    const found = kept.certificates.filter(({ kind }) => !request.success || kind === request.data.certificateType);
    return found.length === 0
      ? { status: "NotFound" }
      : { status: "Accepted", certificateHashData: found.map((one) => one.hash) };
  },
  DeleteCertificate(_box, kept, params) {
    const request = z.object({ certificateHashData: hash }).safeParse(params);
    const left = kept.certificates.filter(
      (one) => !request.success || !isSame(one.hash, request.data.certificateHashData),
    );
    if (left.length === kept.certificates.length) return { status: "NotFound" };
    kept.certificates = left;
    return { status: "Accepted" };
  },
};

const isSame = (a: Hash, b: Hash): boolean =>
  a.serialNumber === b.serialNumber && a.issuerNameHash === b.issuerNameHash && a.issuerKeyHash === b.issuerKeyHash;

/** Not over the very bytes that the standard names, but the same for the same certificate. `null`: it is none. */
function hashOf(pem: string): Hash | null {
  try {
    const certificate = new X509Certificate(pem);
    const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
    return {
      hashAlgorithm: "SHA256",
      issuerNameHash: sha256(certificate.issuer),
      issuerKeyHash: sha256(certificate.publicKey.export({ type: "spki", format: "der" })),
      serialNumber: certificate.serialNumber.slice(0, 40),
    };
  } catch {
    // What cannot be read is no certificate.
    return null;
  }
}

function updateFirmware(box: BeyondBox, kept: Kept, told: Told, location: string, requestId: number | null): void {
  const steps: readonly (readonly [number, string])[] = FILE_SCHEMES.test(location)
    ? [
        [0, "Downloading"],
        [TRANSFER_ms, "Downloaded"],
        [TRANSFER_ms, "Installing"],
        [INSTALL_ms, "Installed"],
      ]
    : [
        [0, "Downloading"],
        [TRANSFER_ms, "DownloadFailed"],
      ];
  inTurn(box, steps, (status) => {
    kept.firmware = status;
    told.firmware(status, requestId);
  });
}

function upload(box: BeyondBox, kept: Kept, location: string, tell: (status: string) => void): void {
  const end = FILE_SCHEMES.test(location) ? "Uploaded" : "UploadFailed";
  const steps = [
    [0, "Uploading"],
    [TRANSFER_ms, end],
  ] as const;
  inTurn(box, steps, (status) => {
    kept.upload = status;
    tell(status);
  });
}

function inTurn(box: BeyondBox, steps: readonly (readonly [number, string])[], tell: (status: string) => void): void {
  const [first, ...rest] = steps;
  if (first === undefined) return;
  box.later(first[0], () => {
    tell(first[1]);
    inTurn(box, rest, tell);
  });
}
