import type { OcppRequest } from "../../../contract/index.ts";
import { epochMs, unreachable } from "../../../core/units/index.ts";
import type { JsonObject } from "../../protocol/ocpp/index.ts";
import type { CommandFailure, CommandReply } from "../ports.ts";
import type { OcppStationPort } from "./station-port.ts";

export type OcppAnswered = { readonly ok: true; readonly answer: JsonObject } | CommandFailure;

/** A box may be so careless as to tell it. */
const SECRET = /password|authorizationkey/iu;

const plain = (reply: CommandReply): OcppAnswered => (reply.ok ? { ok: true, answer: {} } : reply);
const openly = (values: Iterable<readonly [string, string]>): JsonObject =>
  Object.fromEntries([...values].filter(([name]) => !SECRET.test(name)));

/** Asks one station what an owner wants of it. `answer` is what it said beyond yes; never rejects. */
export async function askStation(port: OcppStationPort, request: OcppRequest): Promise<OcppAnswered> {
  const { operations } = port;
  switch (request.do) {
    case "configuration": {
      const reply = await port.getConfiguration(request.keys);
      return reply.ok ? { ok: true, answer: openly(reply.configuration) } : reply;
    }
    case "configure":
      return plain(await port.changeConfiguration(request.key, request.value));
    case "trigger":
      return plain(await port.triggerMessage(request.message));
    case "extended-trigger":
      return plain(await operations.extendedTrigger(request.message));
    case "clear-cache":
      return plain(await operations.clearCache());
    case "availability":
      return plain(await operations.changeAvailability(request.type));
    case "clear-charging-profiles":
      return plain(await port.clearChargingProfile());
    case "composite-schedule":
      return operations.compositeSchedule(request.duration_s);
    case "data-transfer":
      return operations.dataTransfer(request.vendorId, request.messageId, request.data);
    case "base-report":
      return plain(await port.requestReport());
    case "variables":
      return { ok: true, answer: openly(port.variables) };
    default:
      return askMore(port, request);
  }
}

type About<Do extends OcppRequest["do"]> = Extract<OcppRequest, { readonly do: Do }>;
type Cards = About<"local-list-version" | "send-local-list" | "reserve" | "cancel-reservation">;
type Files = About<"update-firmware" | "signed-update-firmware" | "diagnostics" | "log">;
type Certificates = About<
  "install-certificate" | "delete-certificate" | "installed-certificates" | "certificate-signed"
>;

function askMore(port: OcppStationPort, request: Cards | Files | Certificates): Promise<OcppAnswered> {
  switch (request.do) {
    case "local-list-version":
    case "send-local-list":
    case "reserve":
    case "cancel-reservation":
      return askAboutCards(port, request);
    case "update-firmware":
    case "signed-update-firmware":
    case "diagnostics":
    case "log":
      return askAboutFiles(port, request);
    default:
      return askAboutCertificates(port, request);
  }
}

async function askAboutCards({ operations }: OcppStationPort, request: Cards): Promise<OcppAnswered> {
  switch (request.do) {
    case "local-list-version": {
      const reply = await operations.localListVersion();
      return reply.ok ? { ok: true, answer: { version: reply.version } } : reply;
    }
    case "send-local-list": {
      const entries = request.entries.map(({ expires_at_ms, ...entry }) => ({
        ...entry,
        expires_at_ms: expires_at_ms === null ? null : epochMs(expires_at_ms),
      }));
      return plain(await operations.sendLocalList({ ...request, entries }));
    }
    case "reserve":
      return plain(await operations.reserve({ ...request, until_ms: epochMs(request.until_ms) }));
    case "cancel-reservation":
      return plain(await operations.cancelReservation(request.reservationId));
    default:
      return unreachable(request);
  }
}

async function askAboutFiles({ operations }: OcppStationPort, request: Files): Promise<OcppAnswered> {
  switch (request.do) {
    case "update-firmware":
      return plain(await operations.updateFirmware({ ...request, at_ms: epochMs(request.at_ms) }));
    case "signed-update-firmware":
      return plain(await operations.signedUpdateFirmware({ ...request, at_ms: epochMs(request.at_ms) }));
    case "diagnostics":
    case "log": {
      const reply = await (request.do === "log" ? operations.log(request) : operations.diagnostics(request));
      return reply.ok ? { ok: true, answer: { fileName: reply.fileName } } : reply;
    }
    default:
      return unreachable(request);
  }
}

async function askAboutCertificates({ operations }: OcppStationPort, request: Certificates): Promise<OcppAnswered> {
  switch (request.do) {
    case "install-certificate":
      return plain(await operations.installCertificate(request.kind, request.certificate));
    case "delete-certificate": {
      const { do: _do, ...hash } = request;
      return plain(await operations.deleteCertificate(hash));
    }
    case "installed-certificates":
      return operations.installedCertificates(request.kind);
    case "certificate-signed":
      return plain(await operations.certificateSigned(request.chain));
    default:
      return unreachable(request);
  }
}
