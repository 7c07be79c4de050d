import { z } from "zod";
import {
  chargingProfileSchema,
  clearProfiles,
  compositeLimit_mA,
  installProfile,
  type ChargingProfile,
} from "./charging-profiles.ts";
import type { Told } from "./ocpp-beyond.ts";
import type { RequestedStation } from "./ocpp-station.types.ts";

const COMPOSITE_s_max = 86_400;

const setProfile = z.object({ connectorId: z.int(), csChargingProfiles: chargingProfileSchema });
const clearProfile = z.object({
  id: z.int().optional(),
  connectorId: z.int().optional(),
  chargingProfilePurpose: z.string().optional(),
  stackLevel: z.int().optional(),
});
const remoteStart = z.object({
  idTag: z.string().min(1).max(20),
  connectorId: z.int().optional(),
  chargingProfile: chargingProfileSchema.optional(),
});
const changeAvailability = z.object({ connectorId: z.int(), type: z.enum(["Operative", "Inoperative"]) });

type Answer = (station: RequestedStation, params: unknown) => object;

const ANSWERS: Readonly<Record<string, Answer>> = {
  SetChargingProfile: (station, params) => ({ status: takeProfile(station, params) }),
  ClearChargingProfile: (station, params) => {
    const request = clearProfile.safeParse(params);
    if (!request.success) return { status: "Unknown" };
    const left = clearProfiles(station.profiles, request.data);
    const status = left.length < station.profiles.length ? "Accepted" : "Unknown";
    station.profiles = left;
    station.profilesChanged();
    return { status };
  },
  GetCompositeSchedule: (station, params) => compositeSchedule(station, params),
  ChangeConfiguration: (station, params) => {
    const request = z.object({ key: z.string(), value: z.string() }).safeParse(params);
    if (request.success && request.data.key === "AuthorizationKey")
      return { status: takeKey(station, request.data.value) };
    return {
      status: request.success ? station.configuration.change(request.data.key, request.data.value) : "Rejected",
    };
  },
  GetConfiguration: (station, params) => {
    const request = z.object({ key: z.array(z.string()).max(50).optional() }).safeParse(params);
    return station.configuration.read(request.success ? (request.data.key ?? []) : []);
  },
  RemoteStartTransaction: (station, params) => {
    const request = remoteStart.safeParse(params);
    if (!request.success || (request.data.connectorId ?? 1) !== 1) return { status: "Rejected" };
    const { idTag, chargingProfile } = request.data;
    if (chargingProfile !== undefined && chargingProfile.chargingProfilePurpose !== "TxProfile")
      return { status: "Rejected" };
    return { status: station.remoteStart(idTag, chargingProfile ?? null) ? "Accepted" : "Rejected" };
  },
  RemoteStopTransaction: (station, params) => {
    const request = z.object({ transactionId: z.int() }).safeParse(params);
    if (!request.success || station.transaction?.id !== request.data.transactionId) return { status: "Rejected" };
    station.later(0, () => {
      station.endTransaction("Remote");
    });
    return { status: "Accepted" };
  },
  Reset: (station, params) => {
    const request = z.object({ type: z.enum(["Hard", "Soft"]) }).safeParse(params);
    if (!request.success) return { status: "Rejected" };
    station.reboot(request.data.type === "Hard" ? "HardReset" : "SoftReset");
    return { status: "Accepted" };
  },
  TriggerMessage: (station, params) => ({ status: trigger(station, params) }),
  UnlockConnector: (station) => {
    station.later(0, () => {
      station.endTransaction("UnlockCommand");
    });
    return { status: "Unlocked" };
  },
  ChangeAvailability: (station, params) => {
    const request = changeAvailability.safeParse(params);
    if (!request.success) return { status: "Rejected" };
    station.operative = request.data.type === "Operative";
    return { status: station.transaction === null ? "Accepted" : "Scheduled" };
  },
  ClearCache: () => ({ status: "Rejected" }),
  DataTransfer: () => ({ status: "UnknownVendorId" }),
};

/** OCPP 1.6 edition 2, 6.2: 16 to 20 bytes, as they are. */
function takeKey(station: RequestedStation, key: string): "Accepted" | "Rejected" {
  if (key.length < 16 || key.length > 20 || station.options.rude === true) return "Rejected";
  station.newPassword(key);
  return "Accepted";
}

/** The station's answer to a request of the server, or `null` for one it does not implement. */
export function answerRequest(station: RequestedStation, method: string, params: unknown): object | null {
  if (Object.hasOwn(ANSWERS, method)) return ANSWERS[method]?.(station, params) ?? null;
  if (method === "ExtendedTriggerMessage") return { status: trigger(station, params) };
  return station.beyond.answer(method, params, told16(station));
}

const told16 = (station: RequestedStation): Told => ({
  firmware: (status, requestId) => {
    if (requestId === null) station.say("FirmwareStatusNotification", { status });
    else station.say("SignedFirmwareStatusNotification", { status, requestId });
  },
  diagnostics: (status) => {
    station.say("DiagnosticsStatusNotification", { status });
  },
  log: (status, requestId) => {
    station.say("LogStatusNotification", { status, requestId });
  },
});

function takeProfile(station: RequestedStation, params: unknown): "Accepted" | "Rejected" {
  const request = setProfile.safeParse(params);
  if (!request.success || request.data.connectorId < 0 || request.data.connectorId > 1) return "Rejected";
  const { onlyUnit, onlyKind, ignoresProfiles, keepsSetpoint } = station.options.quirks ?? {};
  const { chargingProfileKind, chargingSchedule } = request.data.csChargingProfiles;
  if (onlyKind !== undefined && chargingProfileKind !== onlyKind) return "Rejected";
  if (onlyUnit !== undefined && chargingSchedule.chargingRateUnit !== onlyUnit) return "Rejected";
  if (ignoresProfiles === true || (keepsSetpoint === true && hasProfile(station, request.data.csChargingProfiles)))
    return "Accepted";
  const reply = installProfile(
    station.profiles,
    request.data.connectorId,
    request.data.csChargingProfiles,
    station.context(),
  );
  if (!reply.ok) return "Rejected";
  station.profiles = reply.installed;
  station.profilesChanged();
  return "Accepted";
}

const hasProfile = ({ profiles }: RequestedStation, { chargingProfileId }: ChargingProfile): boolean =>
  profiles.some(({ profile }) => profile.chargingProfileId === chargingProfileId);

const BEYOND: ReadonlySet<string> = new Set([
  "DiagnosticsStatusNotification",
  "FirmwareStatusNotification",
  "LogStatusNotification",
]);

/** `told` says how its version words the progress of files. */
export function trigger(
  station: RequestedStation,
  params: unknown,
  told: Told = told16(station),
): "Accepted" | "Rejected" | "NotImplemented" {
  const request = z.object({ requestedMessage: z.string(), connectorId: z.int().optional() }).safeParse(params);
  if (!request.success || (request.data.connectorId ?? 1) > 1) return "Rejected";
  const messages: Readonly<Record<string, () => void>> = {
    ...(station.options.quirks?.noBootAfterRestart === true
      ? {}
      : {
          BootNotification: () => {
            station.bootNow();
          },
        }),
    Heartbeat: () => {
      station.say("Heartbeat", {});
    },
    StatusNotification: () => {
      station.tellStatusAgain();
    },
    MeterValues: () => {
      station.sampleNow();
    },
  };
  const { requestedMessage } = request.data;
  if (BEYOND.has(requestedMessage) && station.options.rude !== true) {
    station.later(0, () => {
      station.beyond.again(requestedMessage, told);
    });
    return "Accepted";
  }
  const message = Object.hasOwn(messages, requestedMessage) ? messages[requestedMessage] : undefined;
  if (message === undefined) return "NotImplemented";
  // The answer goes first (5.17).
  station.later(0, message);
  return "Accepted";
}

function compositeSchedule(station: RequestedStation, params: unknown): object {
  const request = z
    .object({ connectorId: z.int().max(1), duration: z.int().min(0).max(COMPOSITE_s_max) })
    .safeParse(params);
  if (!request.success) return { status: "Rejected" };
  const start_ms = station.options.clock.now_ms();
  const chargingSchedulePeriod: { startPeriod: number; limit: number }[] = [];
  for (let second = 0; second <= request.data.duration; second += 1) {
    const limit_mA =
      compositeLimit_mA(station.profiles, start_ms + 1000 * second, station.context()) ?? station.options.unmanaged_mA;
    const limit = Math.floor(Math.min(limit_mA, station.options.current_mA_max) / 100) / 10;
    if (chargingSchedulePeriod.at(-1)?.limit !== limit) chargingSchedulePeriod.push({ startPeriod: second, limit });
  }
  return {
    status: "Accepted",
    connectorId: request.data.connectorId,
    scheduleStart: new Date(start_ms).toISOString(),
    chargingSchedule: { duration: request.data.duration, chargingRateUnit: "A", chargingSchedulePeriod },
  };
}
