import type { DisplayState, KioskState } from "../../contract/index.ts";

export type Bay = KioskState["bays"][number];

export type KioskOrientation = "landscape" | "portrait";

/** Bays on one page, the columns they stand in, and how many pages there are. */
export type BayGrid = { readonly columns: number; readonly perPage: number; readonly pages: number };

const PAGE_MAX = 40;

/** Up to 8 bays 4 × 2, up to 16 4 × 4, up to 40 8 × 5, more on pages of 40; upright the same turned round. */
export function bayGrid(count: number, orientation: KioskOrientation): BayGrid {
  const pages = Math.max(1, Math.ceil(count / PAGE_MAX));
  const upright = orientation === "portrait";
  if (count <= 4) return { columns: 2, perPage: 4, pages };
  if (count <= 8) return { columns: upright ? 2 : 4, perPage: 8, pages };
  if (count <= 16) return { columns: 4, perPage: 16, pages };
  return { columns: upright ? 5 : 8, perPage: PAGE_MAX, pages };
}

/** The bays of one page; a page beyond the last is the first again. */
export const baysOnPage = (bays: readonly Bay[], { perPage, pages }: BayGrid, page: number): readonly Bay[] =>
  bays.slice((page % pages) * perPage, ((page % pages) + 1) * perPage);

/** The number that stands on the ground where the name is "Bay 7", else the whole name. */
export const bayNumber = (name: string): string => /^\D*(\d+)$/u.exec(name)?.[1] ?? name;

/** What the line below a bay's state says. */
export type BayLine =
  | { readonly kind: "power"; readonly power_W: number; readonly isShared: boolean }
  | { readonly kind: "since"; readonly duration_ms: number }
  | { readonly kind: "queue"; readonly place: number }
  | { readonly kind: "nothing" };

const NO_POWER_W = 50;

export function bayLine(bay: Bay, at_ms: number): BayLine {
  switch (bay.state) {
    case "charging":
    case "limited":
      return bay.power_W === null || bay.power_W < NO_POWER_W
        ? { kind: "nothing" }
        : { kind: "power", power_W: bay.power_W, isShared: bay.state === "limited" };
    case "occupied":
      return { kind: "since", duration_ms: Math.max(0, at_ms - bay.since_ms) };
    case "waiting":
      return bay.queuePlace === null ? { kind: "nothing" } : { kind: "queue", place: bay.queuePlace };
    case "free":
    case "fault":
    case "offline":
      return { kind: "nothing" };
  }
}

export type WhyKey =
  | "full"
  | "shared"
  | "site"
  | "car"
  | "cable"
  | "schedule"
  | "manual"
  | "held"
  | "queue"
  | "done"
  | "starting"
  | "fault"
  | "offline"
  | "free";

/** Why a bay has the speed it has, in the few cases a driver can do something with. */
export function whyKey(bay: Bay): WhyKey {
  const byState = whyOfState(bay.state, bay.queuePlace);
  if (byState !== null) return byState;
  const binding = bay.because.findLast(
    ({ kind, before_mA, after_mA }) => after_mA < before_mA && kind !== "step_round" && kind !== "ramp",
  );
  if (binding === undefined) return "full";
  switch (binding.kind) {
    case "vehicle":
      return "car";
    case "cable":
      return "cable";
    case "evse_max":
    case "step_round":
    case "ramp":
      return "full";
    case "policy_share":
      return "shared";
    case "queue":
    case "min_current":
      return "queue";
    case "schedule":
    case "price":
      return "schedule";
    case "manual":
      return "manual";
    case "not_armed":
      return "held";
    case "circuit_phase":
    case "circuit_power":
    case "site":
    case "grid_signal":
    case "asymmetry":
    case "stale_meter":
    case "fallback":
    case "stubborn":
      return "site";
  }
}

function whyOfState(state: DisplayState, queuePlace: number | null): WhyKey | null {
  switch (state) {
    case "free":
    case "fault":
    case "offline":
      return state;
    case "occupied":
      return "done";
    case "waiting":
      return queuePlace === null ? "starting" : "queue";
    case "charging":
    case "limited":
      return null;
  }
}

const SILENT_AFTER_ms = 10_000;
const PRICE_HIDDEN_AFTER_ms = 15 * 60_000;

/** How much of what stands on the screen may still be believed, by how long the engine has been silent. */
export function trust(silent_ms: number): { readonly isOld: boolean; readonly showPrice: boolean } {
  return { isOld: silent_ms > SILENT_AFTER_ms, showPrice: silent_ms <= PRICE_HIDDEN_AFTER_ms };
}
