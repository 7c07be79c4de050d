// @ts-check
// How long an owner waits: from the start of `serve` on a site that is set up until Live shows something measured.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { awaitValue, median } from "./parts/figures.mjs";
import { portOf, serve, startDevices, temporaryFolder } from "./parts/processes.mjs";

const POINTS = 12;
const RUNS = 5;
const LIVE_ms_max = 2_000;
/** Boxes redial in their own time; this only ends a run that is broken. */
const ALL_ms_max = 60_000;
const LOOK_EVERY_ms = 10;

/** @typedef {{ stations: { online: boolean, measured_at_ms: number | null }[], circuits: { parentId: string | null, mode: string, meterAge_ms: number | null }[] }} Live */
/** @typedef {{ ready_ms: number, first_ms: number, meter_ms: number, all_ms: number }} Times */

export const bench = {
  name: "start",
  run: async () => {
    const folder = temporaryFolder();
    const devices = await startDevices(["--points", String(POINTS), "--mixed"]);
    try {
      const siteFile = join(folder.path, "site.yaml");
      writeFileSync(siteFile, devices.siteFile);
      const data = join(folder.path, "data");
      const first = await serve(["--data", data, "--site", siteFile, "--ocpp-port", "0"]);
      devices.connect(first.ocppUrl);
      await timeOf(first);
      const runs = [];
      for (let run = 0; run < RUNS; run += 1)
        runs.push(await timeOf(await serve(["--data", data, "--ocpp-port", portOf(first.ocppUrl)])));
      return rows(runs);
    } finally {
      await devices.stop();
      folder.remove();
    }
  },
};

/** Runs one server until everything is live, then ends it. @param {Awaited<ReturnType<typeof serve>>} server @returns {Promise<Times>} */
async function timeOf(server) {
  const started_at_ms = Date.now() - (performance.now() - server.spawned_ms);
  /** @param {(live: Live) => boolean} holds @param {string} what */
  const reached = (holds, what) =>
    awaitValue(
      async () => {
        const live = /** @type {Live} */ (await (await fetch(new URL("/api/live", server.url))).json());
        return holds(live) ? performance.now() - server.spawned_ms : null;
      },
      what,
      ALL_ms_max,
      LOOK_EVERY_ms,
    );
  /** @param {Live["stations"][number]} one */
  const isLive = (one) => one.online && one.measured_at_ms !== null && one.measured_at_ms >= started_at_ms;
  try {
    const first_ms = await reached((live) => live.stations.some(isLive), "a station is live");
    const meter_ms = await reached(
      (live) => live.circuits.some((circuit) => circuit.parentId === null && circuit.meterAge_ms !== null),
      "the main meter is live",
    );
    const all_ms = await reached((live) => live.stations.every(isLive), "every station is live");
    return { ready_ms: server.ready_ms, first_ms, meter_ms, all_ms };
  } finally {
    await server.stop();
  }
}

/** @param {readonly Times[]} runs @returns {import("../bench.mjs").Row[]} */
function rows(runs) {
  /** @param {keyof Times} key */
  const of = (key) => Math.round(median(runs.map((run) => run[key])));
  const times = `median of ${String(runs.length)}`;
  return [
    { figure: `serve to first live data, ${times}`, value: of("first_ms"), unit: "ms", limit: LIVE_ms_max },
    { figure: `serve to main meter live, ${times}`, value: of("meter_ms"), unit: "ms", limit: null },
    {
      figure: "slowest first live data",
      value: Math.round(Math.max(...runs.map((run) => run.first_ms))),
      unit: "ms",
      limit: null,
    },
    { figure: `serve to ready line, ${times}`, value: of("ready_ms"), unit: "ms", limit: null },
    { figure: `serve to all ${String(POINTS)} stations, ${times}`, value: of("all_ms"), unit: "ms", limit: null },
  ];
}
