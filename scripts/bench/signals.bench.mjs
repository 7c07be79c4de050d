// @ts-check
// How fast a limit from outside is kept: the product's own engine on simulated devices that answer real bytes, obedient
// cars, and a caller that imposes a limit and takes it back again and again.
import { createHash } from "node:crypto";
import { COMPLY_WITHIN_MS } from "../../src/core/balancing/index.ts";
import { milliamp } from "../../src/core/units/index.ts";
import { awaitValue, median, quantile } from "./parts/figures.mjs";
import { startLimited } from "./parts/limited-site.mjs";

const EVENTS = 20;
const POINTS = 12;
/** Wire times are real ones, so what is measured in the site's time is no better than at speed 1. */
const SPEED = 10;
const TOKEN = "token of the bench, nobody else";
/** Shares of what cars drew before: from a trim to nearly nothing. What the building draws can nobody limit. */
const SHARES = [0.8, 0.5, 0.3, 0.15];
const KEPT_ms_max = 60_000;
/** Raises wait for cars and meter. */
const FULL_ms_max = 90_000;
const ALL_BACK_share = 0.9;

/** @typedef {import("../bench.mjs").Row} Row */

export const bench = {
  name: "signals",
  partOf: "balancing",
  run: async () => {
    const hash = createHash("sha256").update(TOKEN).digest("hex");
    const site = await startLimited({ points: POINTS, speed: SPEED, counts: "all", tokenHash: hash });
    try {
      return await measured(site);
    } finally {
      await site.close();
    }
  },
};

/** @param {Awaited<ReturnType<typeof startLimited>>} site @returns {Promise<Row[]>} */
async function measured(site) {
  const { external } = site.engine;
  const full_mA = await site.settled();
  for (let event = 0; event < EVENTS; event += 1) {
    const share = SHARES[event % SHARES.length] ?? 1;
    const limit = { limit_mA: milliamp(Math.floor(site.flows_mA() - (1 - share) * site.cars_mA())), limit_W: null };
    external.put(site.signalId, TOKEN, limit);
    await awaitValue(
      () => {
        external.put(site.signalId, TOKEN, undefined);
        return external.signals()[0]?.active?.complied_at_ms ?? null;
      },
      "a limit was kept",
      KEPT_ms_max,
    );
    external.put(site.signalId, TOKEN, null);
    await awaitValue(
      () => {
        external.put(site.signalId, TOKEN, undefined);
        return site.flows_mA() >= full_mA * ALL_BACK_share ? true : null;
      },
      "cars went up again",
      FULL_ms_max,
    );
  }
  const log = external.log(site.signalId);
  const kept_s = log.flatMap(({ comply_ms }) => (comply_ms === null ? [] : [comply_ms / 1000]));
  const sent_s = log.flatMap(({ sent_at_ms, imposed_at_ms }) =>
    sent_at_ms === null ? [] : [(sent_at_ms - imposed_at_ms) / 1000],
  );
  const what = `${String(kept_s.length)} limits`;
  return [
    { figure: `${what}: imposed to sent, p99`, value: quantile(sent_s, 0.99), unit: "s", limit: null },
    { figure: `${what}: imposed to measured below, p50`, value: median(kept_s), unit: "s", limit: null },
    {
      figure: `${what}: imposed to measured below, p99`,
      value: quantile(kept_s, 0.99),
      unit: "s",
      limit: COMPLY_WITHIN_MS / 1000,
    },
    { figure: `${what}: told late`, value: log.filter(({ late }) => late).length, unit: "", limit: 0 },
    { figure: `${what}: kept at all`, value: kept_s.length, unit: "", limit: EVENTS, atLeast: true },
  ];
}
