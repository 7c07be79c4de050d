import { expect, test } from "vitest";
import { milliamp } from "../../src/core/units/index.ts";
import { virtualSite } from "./virtual-site.ts";

/** Seen, decided and sent within a second; boxes and cars have their time; the rest is the meter's own second. */
const RELIEVED_WITHIN_S = 10;
/** Boxes have confirmed the first decrease by then, but none is settled. */
const SECOND_STEP_AFTER_S = 4;

test("a second step of the building while cars still settle from the first is relieved as fast as the first", async () => {
  const site = virtualSite({ points: 20, fuse_A: 200, meter: true });
  let other_mA = 0;
  const through_mA = (): number => other_mA + site.boxes.reduce((sum, box) => sum + site.drawn_mA(box), 0);
  const live = async (seconds: number): Promise<void> =>
    site.run(seconds, () => {
      const meterId = site.state.model.meters[0]?.id ?? "";
      const current_mA = [milliamp(through_mA()), milliamp(0), milliamp(0)] as const;
      const reading = {
        measured_at_ms: site.clock.now_ms(),
        current_mA,
        voltage_mV: [null, null, null] as const,
        power_W: null,
        energyImport_Wh: null,
        energyExport_Wh: null,
      };
      site.emit({ kind: "meter-reading", meterId, reading });
    });
  for (const box of site.boxes) box.plugged = true;
  await live(120);
  expect(through_mA()).toBeGreaterThan(150_000);
  other_mA = 40_000;
  await live(SECOND_STEP_AFTER_S);
  other_mA = 55_000;
  await live(RELIEVED_WITHIN_S);
  expect(through_mA()).toBeLessThanOrEqual(200_000);
});
