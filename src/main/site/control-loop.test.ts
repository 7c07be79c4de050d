import { expect, test } from "vitest";
import { createVirtualClock } from "./clock.ts";
import { startControlLoop } from "./control-loop.ts";
import { newSiteState } from "./state.ts";

const identity = { name: "Empty", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 };

test("what cannot be done before or after a decision keeps nothing else from being done", async () => {
  const clock = createVirtualClock(1_760_000_000_000);
  const done: string[] = [];
  const errors: unknown[] = [];
  const full = (): never => {
    throw new Error("disk full");
  };
  const loop = startControlLoop({
    site: newSiteState({ identity, circuits: [], links: [], meters: [], stations: [] }, clock.now_ms()),
    clock,
    stopwatch_us: () => 0,
    beforeCycle: [full, () => done.push("quarter hour")],
    onCycle: [full, () => done.push("phase map"), () => done.push("signals")],
    onGrants: full,
    onError: (error) => errors.push(error),
    onCommandFailed: () => undefined,
  });
  const stopped = loop.stop();
  await clock.advance(1_000);
  await stopped;
  expect(done).toEqual(["quarter hour", "phase map", "signals"]);
  expect(errors).toHaveLength(2);
});
