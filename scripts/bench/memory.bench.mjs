// @ts-check
// What the engine needs with 100 charging points: the built program in its own process, the devices in another.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { minutesToRun, sleep } from "./parts/figures.mjs";
import { serve, startDevices, temporaryFolder } from "./parts/processes.mjs";

const POINTS = 100;
const MINUTES = 10;
const SAMPLE_EVERY_ms = 1_000;
/** Start-up (compiling, all boxes booting at once) is over by then. */
const SETTLED_ms = 120_000;
const RSS_MB_max = 200;
const MB = 1_000_000;

/** @typedef {import("./parts/processes.mjs").Usage & { at_ms: number }} Sample */

export const bench = {
  name: "memory",
  run: async () => {
    const minutes = minutesToRun(MINUTES);
    const folder = temporaryFolder();
    const devices = await startDevices(["--points", String(POINTS), "--mixed"]);
    const siteFile = join(folder.path, "site.yaml");
    writeFileSync(siteFile, devices.siteFile);
    const server = await serve(["--data", join(folder.path, "data"), "--site", siteFile, "--ocpp-port", "0"]);
    try {
      devices.connect(server.ocppUrl);
      const samples = await watch(server, minutes * 60_000);
      return rows(samples, minutes, await counts(server.url));
    } finally {
      await server.stop();
      await devices.stop();
      folder.remove();
    }
  },
};

/** @param {import("./parts/processes.mjs").Server} server @param {number} duration_ms @returns {Promise<Sample[]>} */
async function watch(server, duration_ms) {
  const samples = [];
  const end_ms = performance.now() + duration_ms;
  while (performance.now() < end_ms) {
    await sleep(SAMPLE_EVERY_ms);
    samples.push({ at_ms: performance.now(), ...(await server.usage()) });
  }
  return samples;
}

/** How much of the site really ran, so that a small figure of an idle engine is seen as such. @param {string} url */
async function counts(url) {
  const answer = await (await fetch(new URL("/api/live", url))).json();
  const { stations } = /** @type {{ stations: { online: boolean, session: object | null }[] }} */ (answer);
  return {
    online: stations.filter((one) => one.online).length,
    sessions: stations.filter((one) => one.session !== null).length,
  };
}

/**
 * @param {readonly Sample[]} samples @param {number} minutes @param {{ online: number, sessions: number }} site
 * @returns {import("../bench.mjs").Row[]}
 */
function rows(samples, minutes, site) {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) throw new Error("nothing was measured");
  const settled = samples.filter((one) => one.at_ms - first.at_ms >= Math.min(SETTLED_ms, (minutes * 60_000) / 2));
  const [from] = settled;
  if (from === undefined) throw new Error("nothing was measured after the start");
  const after = `after ${String(minutes)} min, ${String(POINTS)} points`;
  const cpu_us = last.cpu.user + last.cpu.system - from.cpu.user - from.cpu.system;
  const third = Math.max(1, Math.floor(settled.length / 3));
  const growth_MB = (floor(settled.slice(-third)) - floor(settled.slice(0, third))) / MB;
  return [
    { figure: `memory (RSS) ${after}`, value: last.memory.rss / MB, unit: "MB", limit: RSS_MB_max },
    { figure: "highest RSS", value: Math.max(...samples.map((one) => one.memory.rss)) / MB, unit: "MB", limit: null },
    { figure: "heap reserved at the end", value: last.memory.heapTotal / MB, unit: "MB", limit: null },
    { figure: "outside the heap at the end", value: last.memory.external / MB, unit: "MB", limit: null },
    {
      figure: "heap in use, lowest of the last third",
      value: floor(settled.slice(-third)) / MB,
      unit: "MB",
      limit: null,
    },
    { figure: "its growth since the first third after minute 2", value: growth_MB, unit: "MB", limit: null },
    { figure: "CPU of one core", value: cpu_us / 10 / (last.at_ms - from.at_ms), unit: "%", limit: null },
    { figure: "stations online at the end", value: site.online, unit: "", limit: POINTS, atLeast: true },
    { figure: "sessions running at the end", value: site.sessions, unit: "", limit: null },
  ];
}

/** What garbage collection left at its best. @param {readonly Sample[]} samples */
const floor = (samples) => Math.min(...samples.map((one) => one.memory.heapUsed));
