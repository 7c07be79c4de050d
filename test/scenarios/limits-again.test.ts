import { expect, test } from "vitest";
import type { SiteSignal } from "../../src/core/balancing/index.ts";
import { WEEKDAYS } from "../../src/core/balancing/index.ts";
import type { EpochMs } from "../../src/core/units/index.ts";
import { epochMs, milliamp } from "../../src/core/units/index.ts";
import type { SignalOptions } from "../../src/main/site/signals/signal-desk.ts";
import { createSignalDesk } from "../../src/main/site/signals/signal-desk.ts";
import type { SiteState } from "../../src/main/site/state.ts";
import { newSiteState } from "../../src/main/site/state.ts";
import type { VirtualSite } from "./virtual-site.ts";
import { virtualSite, VIRTUAL_START_MS } from "./virtual-site.ts";

// What stood when the app ended, and what the log says of it after the next start.

const LIMIT = { limit_mA: milliamp(8_000), limit_W: null };
const HOUR_MS = 3_600_000;
const VIRTUAL_START = epochMs(VIRTUAL_START_MS);

const limit = (source: SiteSignal["source"], circuitId = "main"): SiteSignal => ({
  id: "evening",
  name: "Evening",
  circuitId,
  rule: "limit",
  counts: "all",
  limit: LIMIT,
  failSafe: LIMIT,
  debounce_ms: 0,
  minimum_ms: 0,
  source,
});
const contact = { kind: "digital-input", linkId: "l", unitId: 1, address: 0, table: "coil", activeLow: false } as const;
const open = { kind: "window", windows: [{ days: WEEKDAYS, from_min: 0, to_min: 0 }] } as const;
const shut = { kind: "window", windows: [{ days: ["sun"], from_min: 0, to_min: 60 }] } as const;

/** What limits need around them, at this moment. */
const around = (site: SiteState, stores: VirtualSite["stores"], now_ms: EpochMs): SignalOptions => ({
  site,
  clock: { now_ms: () => now_ms, sleep: () => Promise.resolve(), real_ms: (duration_ms) => duration_ms },
  evidence: stores.evidence,
  buses: { busOf: () => null, health: () => [], close: () => Promise.resolve() },
  hurry: () => undefined,
});

/** Starts the limits of a site an hour after the last time, and lets them see one decision. */
function started({ state, stores }: VirtualSite, signal: SiteSignal, hours: number) {
  const now_ms = epochMs(VIRTUAL_START_MS + hours * HOUR_MS);
  const site = newSiteState({ ...state.model, signals: [signal] }, now_ms);
  const desk = createSignalDesk(around(site, stores, now_ms));
  desk.follow(now_ms);
  const log = stores.evidence
    .imposed(null, 10)
    .map(({ circuitId, imposed_at_ms, released_at_ms }) => [circuitId, imposed_at_ms, released_at_ms]);
  return { now_ms, log, active: desk.list()[0]?.state.active ?? null };
}

test("a window that was open when the app ended is one limit until then and another from the next start on", () => {
  const site = virtualSite({ points: 1, fuse_A: 32 });
  const first = started(site, limit(open), 0);
  expect(first.log).toEqual([["main", first.now_ms, null]]);
  const second = started(site, limit(open), 1);
  expect(second.active?.limit).toEqual(LIMIT);
  expect(second.log).toEqual([
    ["main", second.now_ms, null],
    ["main", first.now_ms, second.now_ms],
  ]);
  const third = started(site, limit(shut), 2);
  expect(third.active).toBeNull();
  expect(third.log).toEqual([
    ["main", second.now_ms, third.now_ms],
    ["main", first.now_ms, second.now_ms],
  ]);
});

test("what could not be written of a limit is written as soon as it can be", () => {
  const { state, stores } = virtualSite({ points: 1, fuse_A: 32 });
  const site = newSiteState({ ...state.model, signals: [limit(open)] }, VIRTUAL_START);
  const disk = { full: true };
  const desk = createSignalDesk({
    ...around(site, stores, VIRTUAL_START),
    evidence: {
      ...stores.evidence,
      addSignalEvents: (events) => {
        if (disk.full) throw new Error("database or disk is full");
        stores.evidence.addSignalEvents(events);
      },
    },
  });
  expect(() => {
    desk.follow(VIRTUAL_START);
  }).toThrow("full");
  expect(site.circuits.get("main")?.imposed).toHaveLength(1);
  expect(stores.evidence.imposed(null, 10)).toEqual([]);
  disk.full = false;
  // A full disk is not asked every second.
  desk.follow(epochMs(VIRTUAL_START + 1_000));
  expect(stores.evidence.imposed(null, 10)).toEqual([]);
  desk.follow(epochMs(VIRTUAL_START + 10_000));
  expect(stores.evidence.imposed(null, 10)).toMatchObject([{ imposed_at_ms: VIRTUAL_START, released_at_ms: null }]);
});

test("a contact's limit goes on over a restart, unless it is about another circuit now", () => {
  const site = virtualSite({ points: 1, fuse_A: 32, circuits: [{ id: "garage", fuse_A: 20 }] });
  const first = started(site, limit(open), 0);
  const second = started(site, limit(contact), 1);
  expect(second.active).toMatchObject({ limit: LIMIT, since_ms: first.now_ms });
  expect(second.log).toEqual([["main", first.now_ms, null]]);
  const third = started(site, limit(contact, "garage"), 2);
  expect(third.active).toBeNull();
  expect(third.log).toEqual([["main", first.now_ms, third.now_ms]]);
});
