import fc from "fast-check";
import { expect, test } from "vitest";
import { Box } from "./adverse-box.ts";
import { anEvent } from "./adverse-events.ts";
import { World } from "./adverse-world.ts";

// What happens once nothing goes wrong any more, whatever went wrong before.

const RUNS = 500;
/** Every unmet decrease is proven or escalated by then. */
const PROVEN_WITHIN_S = 60;
/** And by then what is free is used: a start at the minimum, then one raise. */
const USED_WITHIN_S = 30;
const QUIET_S = 120;

const history = fc.record({
  boxes: fc.array(
    fc.record({ three: fc.boolean(), metered: fc.boolean(), proven: fc.boolean(), over: fc.constantFrom(0, 75) }),
    { minLength: 4, maxLength: 4 },
  ),
  events: fc.array(anEvent, { maxLength: 60, size: "max" }),
});

test(
  "P7, P8, P10: then every decrease is proven within a minute, what is free is used, and nothing more is sent",
  { timeout: 120_000 },
  () => {
    let fitted = 0;
    fc.assert(
      fc.property(history, ({ boxes, events }) => {
        const world = new World(boxes.map((kind, index) => new Box(index, kind)));
        for (const event of events) expect(world.step(event)).toBeNull();
        for (let second = 0; second < PROVEN_WITHIN_S; second += 1) expect(world.calmSecond()).toBeNull();
        for (const { entry, escalation } of world.boxes)
          expect(entry.unproven_since_ms === null || escalation.stage !== "none").toBe(true);
        for (let second = 0; second < USED_WITHIN_S; second += 1) expect(world.calmSecond()).toBeNull();
        const before = world.sentCommands;
        for (let second = 0; second < QUIET_S; second += 1) expect(world.calmSecond()).toBeNull();
        expect(world.sentCommands).toBe(before);
        for (const { entry } of world.boxes) expect(entry.upper_mA).toBe(entry.setpoint_mA);
        if (!world.targetsFit) return;
        fitted += 1;
        expect(world.boxes.map(({ entry }) => entry.setpoint_mA)).toEqual(world.wanted);
      }),
      { numRuns: RUNS },
    );
    expect(fitted).toBeGreaterThan(RUNS / 20);
  },
);
