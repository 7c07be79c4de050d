import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadProfile, type DeviceProfile } from "../profile/index.ts";
import {
  learnFromException,
  learnShortReads,
  nothingLearned,
  planBlocks,
  slotsOf,
  type Block,
  type Slot,
} from "./block-plan.ts";

const RESOURCES = fileURLToPath(new URL("../../../../resources/devices", import.meta.url));
function load(id: string): DeviceProfile {
  const loaded = loadProfile(id, [RESOURCES]);
  if (!loaded.ok) throw new Error(id);
  return loaded.profile;
}
const heidelberg = load("heidelberg-energy-control");
const sdm630 = load("eastron-sdm630");
const withLimits = (profile: DeviceProfile, limits: Partial<DeviceProfile["limits"]>): DeviceProfile => ({
  ...profile,
  limits: { ...profile.limits, ...limits },
});
const wanted = (profile: DeviceProfile, whats: RegExp): readonly Slot[] =>
  slotsOf(profile.registers).filter((slot) => whats.test(slot.what));
const plan = (profile: DeviceProfile, whats: RegExp, learned = nothingLearned(profile)): string[] =>
  planBlocks(profile, slotsOf(profile.registers), wanted(profile, whats), learned).map(spell);
const spell = (block: Block): string => `${String(block.fc)}:${String(block.address)}+${String(block.count)}`;

describe("blocks", () => {
  test("run across other values of the profile, so one read brings state, currents and power", () => {
    expect(plan(heidelberg, /^(?:state|current_l\d|power)$/u)).toEqual(["4:5+10"]);
  });

  test("never reach further than the device allows", () => {
    expect(plan(withLimits(heidelberg, { max_read: 8 }), /^(?:state|current_l\d|voltage_l\d|power)$/u)).toEqual([
      "4:5+8",
      "4:14+1",
    ]);
  });

  test("bridge unnamed registers only up to the allowed gap", () => {
    expect(plan(sdm630, /^(?:frequency|energy_import)$/u)).toEqual(["4:70+4"]);
    expect(plan(sdm630, /^(?:power|frequency)$/u)).toEqual(["4:52+2", "4:70+2"]);
  });

  test("keep to value borders or single values where the device wants that", () => {
    expect(plan(withLimits(heidelberg, { align: "value" }), /^(?:state|current_l\d|power)$/u)).toEqual([
      "4:5+4",
      "4:14+1",
    ]);
    expect(plan(withLimits(heidelberg, { single_value_reads: true }), /^(?:state|current_l1)$/u)).toEqual([
      "4:5+1",
      "4:6+1",
    ]);
  });

  test("hold every wanted value exactly once and stay within the limits, whatever is wanted", () => {
    const all = slotsOf(sdm630.registers);
    fc.assert(
      fc.property(
        fc.subarray([...all]),
        fc.integer({ min: 4, max: 125 }),
        fc.integer({ min: 0, max: 30 }),
        (some, max_read, max_gap) => {
          const profile = withLimits(sdm630, { max_read, max_gap });
          const blocks = planBlocks(profile, all, some, nothingLearned(profile));
          expect(blocks.flatMap((block) => block.slots.map((slot) => slot.what)).sort()).toEqual(
            some.map((slot) => slot.what).sort(),
          );
          for (const block of blocks) {
            expect(block.count).toBeLessThanOrEqual(max_read);
            for (const slot of block.slots) {
              expect(slot.address).toBeGreaterThanOrEqual(block.address);
              expect(slot.address + slot.width).toBeLessThanOrEqual(block.address + block.count);
            }
          }
        },
      ),
    );
  });
});

describe("after a refusal", () => {
  /** Reads as a device does that lacks some registers, learning until nothing is refused. */
  function settle(
    profile: DeviceProfile,
    whats: RegExp,
    lacks: ReadonlySet<number>,
  ): { blocks: readonly Block[]; refusals: number } {
    let learned = nothingLearned(profile);
    for (let refusals = 0; ; refusals += 1) {
      const blocks = planBlocks(profile, slotsOf(profile.registers), wanted(profile, whats), learned);
      const refused = blocks.find((block) =>
        Array.from({ length: block.count }, (_, i) => block.address + i).some((address) => lacks.has(address)),
      );
      if (refused === undefined) return { blocks, refusals };
      learned = learnFromException(learned, refused);
    }
  }

  test("bridging stops first, and no value is lost by it", () => {
    const { blocks, refusals } = settle(heidelberg, /^(?:state|current_l\d|power)$/u, new Set([13]));
    expect(blocks.map(spell)).toEqual(["4:5+4", "4:14+1"]);
    expect(refusals).toBe(1);
  });

  test("only the value that does not exist is given up", () => {
    const { blocks } = settle(sdm630, /^(?:current|power|voltage)_l\d$/u, new Set([8, 9]));
    const found = blocks.flatMap((block) => block.slots.map((slot) => slot.what));
    expect(found).not.toContain("current_l2");
    expect(found).toHaveLength(8);
  });

  test("long reads are cut to the profile's fallback", () => {
    const learned = learnShortReads(nothingLearned(sdm630), 10);
    for (const block of planBlocks(sdm630, slotsOf(sdm630.registers), slotsOf(sdm630.registers), learned))
      expect(block.count).toBeLessThanOrEqual(10);
  });
});
