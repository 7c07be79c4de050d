import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Link } from "../../../src/core/site/index.ts";
import { createSerialPushMeter, p1Telegram, smlFile } from "../../../src/main/simulator/network/index.ts";
import { describeWith } from "../../setup/tools.ts";
import { meterOf } from "../modbus/bench.ts";
import { cleanups, ending, profileWith, run, valuesOf } from "./bench.ts";

const LINE = { baud: 9_600, parity: "none", dataBits: 8, stopBits: 1 } as const;
const VALUES = { power: 1_500, power_import: 1_500, power_export: 0, energy_import: 60_000, energy_export: 3_000 };

/** Two ends of a serial line that stand until the test is over. */
async function cable(socat: string): Promise<{ readonly ours: string; readonly theirs: string }> {
  const folder = await mkdtemp(join(tmpdir(), "chargehand-push-"));
  const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")];
  const child = spawn(socat, ["-d", "-d", `pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${theirs}`]);
  cleanups.push(async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.stderr.on("data", (text: Buffer) => {
      if (text.includes("starting data transfer loop")) resolve();
    });
  });
  return { ours, theirs };
}

describeWith("socat", "a meter that speaks on a serial line", (socat) => {
  test.each(["dsmr-p1", "sml-ir"])(
    "%s shows its values, and noise on the line costs one telegram at most",
    async (id) => {
      const { ours, theirs } = await cable(socat);
      const values = valuesOf(VALUES);
      const meter = ending(
        await createSerialPushMeter({ path: theirs, ...LINE }, () =>
          id === "dsmr-p1"
            ? p1Telegram(profileWith(id, "p1"), values.get, "E0001")
            : smlFile(profileWith(id, "sml"), values.get),
        ),
      );
      const link: Link = { id: "line", kind: "serial", path: ours, ...LINE };
      const { meterReading, events } = run({ links: [link], meters: [meterOf("grid", id, "line", 1)] });
      const timer = setInterval(() => {
        meter.speak();
      }, 50);
      cleanups.push(() => {
        clearInterval(timer);
        return Promise.resolve();
      });
      expect(await meterReading()).toMatchObject({ power_W: 1_500, energyImport_Wh: 60_000, energyExport_Wh: 3_000 });
      meter.faults.current = { kind: "garbage" };
      // On the wire before anything that follows.
      for (let times = 0; times < 3; times += 1) meter.speak();
      meter.faults.current = null;
      expect(await meterReading()).toMatchObject({ power_W: 1_500 });
      const powers = events.flatMap((event) => (event.kind === "meter-reading" ? [event.reading.power_W] : []));
      expect(new Set(powers)).toEqual(new Set([1_500]));
    },
  );
});
