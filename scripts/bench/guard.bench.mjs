// @ts-check
// What the guard is worth: twelve chargers on lines that lose and delay, beside balancers without an account; how long a
// fuse is overloaded when the building steps; and how fast a lowered limit is kept.
import { replayWithChannel } from "../../src/core/replay/channel.ts";
import { quantile } from "./parts/figures.mjs";
import { naive } from "./parts/guard-naive.mjs";
import { CHANNELS, chaosSite } from "./parts/guard-site.mjs";

const SEEDS = 20;
/** The others are here for comparison: the same first seeds, and boxes that report each second instead of every ten. */
const SEEDS_NAIVE = 6;
const PHASES = 3;
const EXPOSURE_As_max = 100;
const LONGEST_s_max = 15;
const COMPLIED_s_max = 12;
const COMMANDS_max = 20;
const CHARGER_s_min = 10_000_000;
/** The lines of a site that shares its building's fuse with three-phase cars are loaded alike: figures are for one of them. */
const HALF_HOUR_ms = 1_800_000;
const HALVED_A = 32;
const FUSE_A = 63;

/** @typedef {import("../bench.mjs").Row} Row */
/** @typedef {import("../../src/core/replay/channel.ts").ChannelOptions} ChannelOptions */
/** @typedef {keyof typeof CHANNELS} ChannelName */

export const bench = {
  name: "guard",
  partOf: "balancing",
  run: async () => {
    const sums = { charger_s: 0, self_caused_s: 0 };
    /** @type {Row[]} */
    const rows = [];
    for (const base of /** @type {const} */ (["constant", "steps"]))
      for (const channel of /** @type {ChannelName[]} */ (["ideal", "real", "bad"]))
        rows.push(...chaosRows(base, channel, sums));
    for (const [name, faults] of /** @type {const} */ ([
      ["+ messages twice", { duplicate: 0.1 }],
      ["+ messages out of order", { reorder: 0.1 }],
      ["+ restarts, 1 an hour", { reboots_per_h: 1 }],
    ]))
      rows.push(...faultRows(name, faults, sums));
    rows.push(
      {
        figure: "charger-seconds simulated with the guard",
        value: sums.charger_s,
        unit: "s",
        limit: CHARGER_s_min,
        atLeast: true,
      },
      { figure: "of these with a self-caused overload", value: sums.self_caused_s, unit: "s", limit: 0 },
    );
    rows.push(...complianceRows());
    await Promise.resolve();
    return rows;
  },
};

/**
 * All seeds of one setting, summed up per phase.
 * @param {"constant" | "steps"} base @param {ChannelName} channel @param {ChannelOptions} options @param {number} [seeds]
 */
function all(base, channel, options, seeds = SEEDS) {
  let [total_As, own_As, late_As, longest_s, hours, Ah, commands, charger_s, own_s] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { exposure, delivered_Wh, ...rest } = replayWithChannel(
      chaosSite({ seed, channel: CHANNELS[channel], base }),
      options,
    );
    total_As += exposure.total_As / PHASES;
    own_As += exposure.self_caused_As / PHASES;
    late_As += exposure.late_As / PHASES;
    own_s += exposure.self_caused_s;
    longest_s = Math.max(longest_s, exposure.longest_s);
    hours += exposure.hours;
    Ah += delivered_Wh / 230 / PHASES;
    commands += rest.commands_per_h;
    charger_s += rest.charger_s;
  }
  return {
    perHour_As: total_As / hours,
    own_As: own_As / hours,
    late_As: late_As / hours,
    longest_s,
    Ah: Ah / seeds,
    commands: commands / seeds,
    charger_s,
    own_s,
  };
}

/** @param {"constant" | "steps"} base @param {ChannelName} channel @param {{ charger_s: number, self_caused_s: number }} sums @returns {Row[]} */
function chaosRows(base, channel, sums) {
  const where = `${channel}, base ${base}`;
  const plain = all(base, channel, { controller: naive(false), readingEvery_s: 1 }, SEEDS_NAIVE);
  const retried = all(base, channel, { controller: naive(true), readingEvery_s: 1 }, SEEDS_NAIVE);
  const guard = all(base, channel, {});
  sums.charger_s += guard.charger_s;
  sums.self_caused_s += guard.own_s;
  const isTarget = channel === "real" && base === "steps";
  return [
    { figure: `${where}: naive, overload`, value: plain.perHour_As, unit: "A·s/h", limit: null },
    { figure: `${where}: naive, longest`, value: plain.longest_s, unit: "s", limit: null },
    { figure: `${where}: naive + retry, overload`, value: retried.perHour_As, unit: "A·s/h", limit: null },
    { figure: `${where}: naive + retry, later than 20 s`, value: retried.late_As, unit: "A·s/h", limit: null },
    { figure: `${where}: naive + retry, longest`, value: retried.longest_s, unit: "s", limit: null },
    {
      figure: `${where}: guard, overload`,
      value: guard.perHour_As,
      unit: "A·s/h",
      limit: base === "constant" ? 0 : isTarget ? EXPOSURE_As_max : null,
    },
    { figure: `${where}: guard, self-caused`, value: guard.own_As, unit: "A·s/h", limit: 0 },
    { figure: `${where}: guard, later than 20 s`, value: guard.late_As, unit: "A·s/h", limit: null },
    { figure: `${where}: guard, longest`, value: guard.longest_s, unit: "s", limit: isTarget ? LONGEST_s_max : null },
    { figure: `${where}: energy naive + retry`, value: retried.Ah, unit: "Ah/run", limit: null },
    { figure: `${where}: energy guard`, value: guard.Ah, unit: "Ah/run", limit: null },
    {
      figure: `${where}: commands per charger-hour`,
      value: guard.commands,
      unit: "",
      limit: channel === "bad" ? null : COMMANDS_max,
    },
  ];
}

/** @param {string} name @param {import("../../src/core/replay/channel-line.ts").ChannelFaults} faults @param {{ charger_s: number, self_caused_s: number }} sums @returns {Row[]} */
function faultRows(name, faults, sums) {
  const guard = all("steps", "real", { faults });
  sums.charger_s += guard.charger_s;
  sums.self_caused_s += guard.own_s;
  return [
    { figure: `real, base steps ${name}: overload`, value: guard.perHour_As, unit: "A·s/h", limit: null },
    { figure: `real, base steps ${name}: self-caused`, value: guard.own_As, unit: "A·s/h", limit: 0 },
    { figure: `real, base steps ${name}: longest`, value: guard.longest_s, unit: "s", limit: null },
  ];
}

/** Every other half hour the fuse is halved: how long until the meter is below it. @returns {Row[]} */
function complianceRows() {
  const limits = Array.from({ length: 11 }, (_, index) => {
    const limit_A = index % 2 === 0 ? HALVED_A : FUSE_A;
    return { t_ms: (index + 1) * HALF_HOUR_ms, limit_A: /** @type {const} */ ([limit_A, limit_A, limit_A]) };
  });
  /** @param {import("./parts/guard-site.mjs").Channel} channel */
  const complied_s = (channel) => {
    const took_s = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const site = chaosSite({ seed, channel, base: "constant" });
      took_s.push(...replayWithChannel(site, { limits }).exposure.complied_s);
    }
    return took_s;
  };
  const obedient = complied_s({ ...CHANNELS.real, loss: 0 });
  const lossy = complied_s(CHANNELS.real);
  return [
    {
      figure: `limit halved to kept, ${String(obedient.length)} times, late lines, p50`,
      value: quantile(obedient, 0.5),
      unit: "s",
      limit: null,
    },
    {
      figure: "limit halved to kept, late lines, p99",
      value: quantile(obedient, 0.99),
      unit: "s",
      limit: COMPLIED_s_max,
    },
    { figure: "limit halved to kept, late and lossy lines, p50", value: quantile(lossy, 0.5), unit: "s", limit: null },
    {
      figure: "limit halved to kept, late and lossy lines, p99",
      value: quantile(lossy, 0.99),
      unit: "s",
      limit: COMPLIED_s_max,
    },
  ];
}
