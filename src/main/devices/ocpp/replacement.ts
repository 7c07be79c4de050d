import type { OcppCallReply } from "../../links/ocpp-server.ts";
import type { Call } from "./call-lane.ts";

// Most boxes put a profile in the place of the one with the same id. Some accept it and keep the old setpoint, above all
// where profiles are Relative: for these the one before has to go.

/** How a new setpoint takes the place of the one before. */
export type Replacement = "overwrite" | "clear" | "raise";
/** Where the setpoint stands: `raise` goes to and fro between two stack levels. */
export type Place = "upper" | "lower";

/** Added to the id of the profile on the lower level. */
const LOWER_ID_OFFSET = 1000;
/** Below this there is no second level above the fallback's. */
const RAISED_LEVEL_MIN = 2;

/** Id of one EVSE's setpoint profile. */
export const setpointId = (connectorId: number, place: Place): number =>
  2 * connectorId + (place === "lower" ? LOWER_ID_OFFSET : 0);

/** What is possible of `wanted` with setpoints on `stackLevel`: without room for two levels the old one is cleared. */
export const possibleReplacement = (wanted: Replacement, stackLevel: number): Replacement =>
  wanted === "raise" && stackLevel < RAISED_LEVEL_MIN ? "clear" : wanted;

/** Takes one setpoint of ours from the box. That it was not there is fine. */
export const clearSetpoint = (call: Call, connectorId: number, place: Place): Promise<OcppCallReply> =>
  call("ClearChargingProfile", { id: setpointId(connectorId, place) });
