import {
  type BoxSetting,
  installedCertificateSchema,
  type OcppAnswerTo,
  type OcppRequest,
} from "../../../contract/index.ts";
import { epochMs, unreachable } from "../../../core/units/index.ts";
import { field, readList, type JsonObject } from "../../protocol/ocpp/index.ts";
import type { CommandFailure, CommandReply } from "../ports.ts";
import type { Said } from "./replies.ts";
import { isSetUp } from "./bring-up.ts";
import { isSecretName } from "./secrets.ts";
import type { OcppStationPort } from "./station-port.ts";

/** What can be asked of one station alone; the site's cards are known to the site. */
export type StationRequest = Exclude<OcppRequest, { readonly do: "send-site-cards" }>;

export type OcppAnswered = { readonly ok: true; readonly answer: JsonObject } | CommandFailure;

const plain = (reply: CommandReply): OcppAnswered => (reply.ok ? { ok: true, answer: {} } : reply);
const said = (reply: Said): OcppAnswered => (reply.ok ? { ok: true, answer: { status: reply.status } } : reply);
/** A box may be so careless as to tell a password. */
const openly = (values: Iterable<readonly [string, string]>): JsonObject =>
  Object.fromEntries([...values].filter(([name]) => !isSecretName(name)));

/** Asks one station what an owner wants of it. `answer` is what it said beyond yes; never rejects. */
export async function askStation(port: OcppStationPort, request: StationRequest): Promise<OcppAnswered> {
  const { operations } = port;
  switch (request.do) {
    case "configuration": {
      const reply = await port.getConfiguration(request.keys);
      return reply.ok ? { ok: true, answer: openly(reply.configuration) } : reply;
    }
    case "configure":
      return said(await operations.configure(request.key, request.value));
    case "set-variable":
      return said(await operations.setVariable(request.address, request.value));
    case "settings":
      return settingsOf(port);
    case "trigger":
      return plain(await port.triggerMessage(request.message));
    case "extended-trigger":
      return said(await operations.extendedTrigger(request.message));
    case "clear-cache":
      return said(await operations.clearCache());
    case "availability":
      return said(await operations.changeAvailability(request.type));
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

const UNSAID = { unit: null, type: null, lowest: null, highest: null, choices: [] } as const;

/** Everything it says of its settings but what is secret. */
async function settingsOf(port: OcppStationPort): Promise<OcppAnswered> {
  const { version, inventory, reported_at_ms } = port.about();
  if (version === "2.0.1") {
    const settings = [...inventory].flatMap(([name, { mutability, ...one }]): BoxSetting[] =>
      isSecretName(name)
        ? []
        : [
            {
              name,
              ...one,
              choices: [...one.choices],
              readOnly: mutability === "ReadOnly",
              setBySite: isSetUp(name),
            },
          ],
    );
    return { ok: true, answer: { settings, reported_at_ms } satisfies OcppAnswerTo<"settings"> };
  }
  const reply = await port.operations.keys();
  if (!reply.ok) return reply;
  const settings = reply.keys
    .filter(({ name }) => !isSecretName(name))
    .map((key): BoxSetting => ({
      ...key,
      ...UNSAID,
      setBySite: isSetUp(key.name),
      address: null,
      choices: [],
    }));
  return { ok: true, answer: { settings, reported_at_ms: null } satisfies OcppAnswerTo<"settings"> };
}

/** What is no certificate's hash in the answer is left out; NotFound is an empty list. */
function certificatesOf(reply: OcppAnswered): OcppAnswered {
  if (!reply.ok) return reply;
  const listed = readList(field(reply.answer, "certificateHashData")) ?? [];
  const certificates = listed.flatMap((one) => {
    const read = installedCertificateSchema.safeParse(one);
    return read.success ? [read.data] : [];
  });
  return { ok: true, answer: { certificates } satisfies OcppAnswerTo<"installed-certificates"> };
}

type About<Do extends StationRequest["do"]> = Extract<StationRequest, { readonly do: Do }>;
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
      return said(await operations.sendLocalList({ ...request, entries }));
    }
    case "reserve":
      return said(await operations.reserve({ ...request, until_ms: epochMs(request.until_ms) }));
    case "cancel-reservation":
      return said(await operations.cancelReservation(request.reservationId));
    default:
      return unreachable(request);
  }
}

async function askAboutFiles({ operations }: OcppStationPort, request: Files): Promise<OcppAnswered> {
  switch (request.do) {
    case "update-firmware":
      return plain(await operations.updateFirmware({ ...request, at_ms: epochMs(request.at_ms) }));
    case "signed-update-firmware":
      return said(await operations.signedUpdateFirmware({ ...request, at_ms: epochMs(request.at_ms) }));
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
      return said(await operations.installCertificate(request.kind, request.certificate));
    case "delete-certificate": {
      const { do: _do, ...hash } = request;
      return said(await operations.deleteCertificate(hash));
    }
    case "installed-certificates":
      return certificatesOf(await operations.installedCertificates(request.kind));
    case "certificate-signed":
      return said(await operations.certificateSigned(request.chain));
    default:
      return unreachable(request);
  }
}
