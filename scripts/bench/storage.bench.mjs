// @ts-check
// The database: how fast facts that carry money reach the disk, and how long the charts of a year take.
import { statSync } from "node:fs";
import { join } from "node:path";
import { epochMs, wattHour } from "../../src/core/units/index.ts";
import { demoSite } from "../../src/main/simulator/demo-site.ts";
import { fillDemoHistory } from "../../src/main/simulator/index.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";
import { median } from "./parts/figures.mjs";
import { temporaryFolder } from "./parts/processes.mjs";

const JOURNAL_ROWS = 2_000;
/** 100 stations journal a register a minute: 1.7 rows a second. Sixty times that leaves room for a crowd coming back. */
const ROWS_PER_s_min = 100;
const QUERY_ms_max = 100;
const REPEATS = 5;
const MB = 1_000_000;
const NOW = epochMs(Date.UTC(2026, 10, 22, 13, 0, 0));
const YEAR = { from_ms: Date.UTC(2025, 10, 22, 13, 0, 0), to_ms: NOW };
const POINTS_MAX = 1_000;
const ZONE = "Europe/Berlin";

/** @type {import("../../src/contract/index.ts").SessionFilter} */
const ALL = { from_ms: null, to_ms: null, stationIds: [], customerId: null, state: "all", text: "" };

export const bench = {
  name: "storage",
  run: () => {
    const folder = temporaryFolder();
    const opened = openDataFolder(folder.path, { now_ms: () => NOW });
    if (!opened.ok) throw new Error(opened.message);
    try {
      const site = demoSite();
      opened.stores.site.save(site, NOW, "bench");
      const from_ms = performance.now();
      fillDemoHistory({ stores: opened.stores, transaction: opened.transaction, site, now_ms: NOW, seed: 1 });
      const filled_s = (performance.now() - from_ms) / 1000;
      const rows = [...chartRows(opened.stores), ...journalRows(opened.stores)];
      const size_MB = statSync(join(folder.path, "chargehand.sqlite")).size / MB;
      return Promise.resolve([
        ...rows,
        { figure: "making up the demo's year", value: filled_s, unit: "s", limit: null },
        { figure: "database of that year, 12 points", value: size_MB, unit: "MB", limit: null },
      ]);
    } finally {
      opened.close();
      folder.remove();
    }
  },
};

/** @param {import("../../src/main/storage/types.ts").Stores} stores @returns {import("../bench.mjs").Row[]} */
function chartRows({ history, sessions }) {
  /** @type {readonly [string, () => unknown][]} */
  const questions = [
    ["energy by month", () => history.energy(YEAR, "month", ZONE, NOW)],
    ["energy by day", () => history.energy(YEAR, "day", ZONE, NOW)],
    ["power against the limit", () => history.power(YEAR, POINTS_MAX, NOW)],
    ["hour × weekday", () => history.heatmap(YEAR, ZONE)],
    ["key figures", () => history.summary(YEAR)],
    ["sessions: first page", () => sessions.list({ ...ALL }, { cursor: null, limit: 100 })],
    ["sessions: totals", () => sessions.totals({ ...ALL })],
  ];
  return questions.map(([name, ask]) => {
    const times_ms = Array.from({ length: REPEATS }, () => {
      const from_ms = performance.now();
      ask();
      return performance.now() - from_ms;
    });
    return {
      figure: `a year: ${name}, median of ${String(REPEATS)}`,
      value: median(times_ms),
      unit: "ms",
      limit: QUERY_ms_max,
    };
  });
}

/** Register values of one running session, each in a transaction of its own. @param {import("../../src/main/storage/types.ts").Stores} stores @returns {import("../bench.mjs").Row[]} */
function journalRows({ sessions, tariffs }) {
  const tariff = tariffs.at(NOW);
  if (tariff === null) throw new Error("the demo has a tariff");
  sessions.open(
    {
      id: "bench",
      stationId: "P01",
      evseId: 1,
      transactionId: 1,
      idToken: null,
      started_at_ms: NOW,
      received_at_ms: NOW,
      start_Wh: wattHour(0),
    },
    tariff.id,
  );
  const took_ms = Array.from({ length: JOURNAL_ROWS }, (_, index) => {
    const from_ms = performance.now();
    const at_ms = epochMs(NOW + index);
    sessions.addRegister("bench", { at_ms, received_at_ms: at_ms, register_Wh: wattHour(index) });
    return performance.now() - from_ms;
  });
  const all_ms = took_ms.reduce((sum, one) => sum + one, 0);
  return [
    {
      figure: "journal writes, each on the disk",
      value: Math.round((JOURNAL_ROWS * 1000) / all_ms),
      unit: "rows/s",
      limit: ROWS_PER_s_min,
      atLeast: true,
    },
    { figure: "slowest of them", value: Math.max(...took_ms), unit: "ms", limit: null },
  ];
}
