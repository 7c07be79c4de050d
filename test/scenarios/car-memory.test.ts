import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { VIRTUAL_START_MS, virtualSite } from "./virtual-site.ts";
import type { VirtualSite } from "./virtual-site.ts";

// What a card's car has shown is known when it comes back, also after the app was started anew.

const MINUTE_S = 60;
const DAY_MS = 86_400_000;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "chargehand-cars-"));
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** A day later each time: the engine's own state is new, only the folder is the same. */
const started = (path: string, day: number): VirtualSite =>
  virtualSite({ points: 2, fuse_A: 12, again: { folder: path, start_ms: VIRTUAL_START_MS + day * DAY_MS } });

/** The car that needs 8 A beside another one on 12 A: each can have 6 A, and only one of them 8. */
async function visit(site: VirtualSite, card: string | null): Promise<{ readonly offers_mA: readonly number[] }> {
  const [zoe, other] = site.boxes;
  const state = site.state.stations.get("P01");
  if (zoe === undefined || other === undefined || state === undefined) throw new Error("two boxes");
  zoe.takes_mA_min = 8_000;
  zoe.plugged = true;
  state.allowed = { idToken: card };
  site.report(zoe);
  const offers_mA = new Set<number>();
  await site.run(10, () => offers_mA.add(zoe.offered_mA));
  other.plugged = true;
  await site.run(5 * MINUTE_S, () => offers_mA.add(zoe.offered_mA));
  // Later there is room for it alone.
  other.plugged = false;
  await site.run(5 * MINUTE_S);
  zoe.plugged = false;
  await site.run(MINUTE_S);
  await site.stop();
  return { offers_mA: [...offers_mA].filter((offer_mA) => offer_mA > 0) };
}

test("a car that showed twice that it needs 8 A is never offered less at its next visit after a restart", async () => {
  const path = folder();
  for (const day of [0, 1]) {
    const { offers_mA } = await visit(started(path, day), "ANNA-0001");
    // Nobody knows it yet: it is offered what it cannot use.
    expect(Math.min(...offers_mA)).toBeLessThan(8_000);
  }
  const { offers_mA } = await visit(started(path, 2), "anna-0001");
  expect(offers_mA.length).toBeGreaterThan(0);
  expect(Math.min(...offers_mA)).toBeGreaterThanOrEqual(8_000);
});

test("of a car without a card nothing is remembered", async () => {
  const path = folder();
  for (const day of [0, 1, 2]) {
    const { offers_mA } = await visit(started(path, day), null);
    expect(Math.min(...offers_mA)).toBeLessThan(8_000);
  }
});
