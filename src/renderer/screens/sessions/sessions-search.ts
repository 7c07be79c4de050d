import type { SessionFilter } from "../../../contract/index.ts";
import { parsePeriod, type PeriodChoice, type PeriodRange } from "../../features/period/period.ts";
import { listOf, oneOf, type RawSearch, textOf } from "../../lib/url/url-state.ts";

export const SESSION_STATES = ["all", "running", "closed", "held", "unbilled", "billed"] as const;
export type SessionState = (typeof SESSION_STATES)[number];

export type SessionsSearch = PeriodChoice & {
  readonly bays: readonly string[];
  readonly state: SessionState;
  readonly text: string;
  readonly customer: string | null;
  /** The session whose evidence is open. */
  readonly session: string | null;
};

/** What this screen shows, out of its address. */
export const parseSessionsSearch = (raw: RawSearch): SessionsSearch => ({
  ...parsePeriod(raw, "month"),
  bays: raw["bays"] === undefined ? [] : listOf(raw["bays"]),
  state: oneOf(SESSION_STATES, raw["state"], "all"),
  text: textOf(raw["text"]) ?? "",
  customer: textOf(raw["customer"]),
  session: textOf(raw["session"]),
});

/** The question to the engine. Running sessions belong to no period yet, so a period would hide them. */
export function filterOf(search: SessionsSearch, range: PeriodRange | null): SessionFilter {
  const bounded = search.state === "running" ? null : range;
  return {
    from_ms: bounded?.from_ms ?? null,
    to_ms: bounded?.to_ms ?? null,
    stationIds: [...search.bays],
    customerId: search.customer,
    state: search.state,
    text: search.text,
  };
}
