import type { ChargingStatus, ControlPilot } from "../ports.ts";
import type { CanonicalState } from "../profile/index.ts";

export type StatusOfBox = { readonly status: ChargingStatus | null; readonly controlPilot: ControlPilot | null };

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
