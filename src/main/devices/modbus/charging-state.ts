import type { ChargingStatus, ControlPilot } from "../ports.ts";
import type { CanonicalState, CanonicalValue, DeviceProfile } from "../profile/index.ts";

export type StatusOfBox = { readonly status: ChargingStatus | null; readonly controlPilot: ControlPilot | null };

/** What the profile says the raw state means; `connected_if` asks a second register where the state alone is vague. */
export function canonicalState(profile: DeviceProfile, values: (what: string) => CanonicalValue): CanonicalState {
  const raw = values("state");
  const meanings = profile.enums?.state ?? {};
  const meaning = raw === null ? undefined : (meanings[String(raw)] ?? meanings["default"]);
  if (meaning === undefined) return "unknown";
  if (meaning.connected_if === undefined) return meaning.s;
  const second = values(meaning.connected_if.what);
  if (typeof second !== "number") return meaning.s;
  return second >= meaning.connected_if.at_least ? "connected" : "none";
}

/**
 * OCPP status and IEC 61851-1 control pilot of a box that only knows Modbus. `heldByUs`: our own limit is 0.
 * `hasCharged`: since this car was plugged in; a connected car that has charged before is one that stopped by itself.
 */
export function statusOf(state: CanonicalState, heldByUs: boolean, hasCharged: boolean): StatusOfBox {
  switch (state) {
    case "none":
      return { status: "Available", controlPilot: "A" };
    case "connected":
      return { status: heldByUs ? "SuspendedEVSE" : hasCharged ? "SuspendedEV" : "Preparing", controlPilot: "B" };
    case "waiting_auth":
      return { status: heldByUs && hasCharged ? "SuspendedEVSE" : "Preparing", controlPilot: "B" };
    case "paused":
      return { status: "SuspendedEVSE", controlPilot: "B" };
    case "charging":
      return { status: "Charging", controlPilot: "C" };
    case "finished":
      return { status: "Finishing", controlPilot: "B" };
    case "error":
      return { status: "Faulted", controlPilot: "F" };
    case "unavailable":
      return { status: "Unavailable", controlPilot: null };
    case "unknown":
      return { status: null, controlPilot: null };
  }
}
