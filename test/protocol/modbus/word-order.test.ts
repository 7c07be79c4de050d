import { afterEach, expect, test } from "vitest";
import { createModbusDevices } from "../../../src/main/devices/modbus/index.ts";
import { createModbusServer, profileBank } from "../../../src/main/simulator/modbus/index.ts";
import { clockOf, createRecorder, meterOf, PROFILE_FOLDERS, profileOf, tcpLink } from "./bench.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A meter whose words come as `word_order` says, and what was logged of it once it was read. */
async function warnings(word_order: "msw" | "lsw"): Promise<{ readonly warned: unknown[]; readonly voltage: unknown }> {
  const clock = clockOf(20);
  const bank = profileBank({
    profile: { ...profileOf("eastron-sdm630"), word_order },
    now_ms: () => clock.now_ms(),
    onWrite: () => undefined,
    values: (what) => (what.startsWith("voltage_l") ? 230_000 : 1_000),
  });
  const server = await createModbusServer({
    transport: { kind: "tcp", port: 0, framing: "mbap" },
    units: new Map([[1, bank]]),
  });
  cleanups.push(() => server.close());
  const warned: unknown[] = [];
  const recorder = createRecorder();
  const first = recorder.until(({ kind }) => kind === "meter-reading");
  const devices = createModbusDevices({
    site: {
      links: [tcpLink("m", "modbus-tcp", server.port)],
      meters: [meterOf("m1", "eastron-sdm630", "m", 1)],
      stations: [],
    },
    clock,
    profileFolders: PROFILE_FOLDERS,
    emit: recorder.emit,
    log: { info: () => undefined, warn: (fields, message) => warned.push({ ...fields, message }) },
  });
  cleanups.push(() => devices.stop());
  const event = await first;
  return { warned, voltage: event.kind === "meter-reading" ? event.reading.voltage_mV : null };
}

test("a meter whose words come in another order than its document says is understood, and that is logged", async () => {
  expect(await warnings("lsw")).toEqual({
    warned: [{ meterId: "m1", wordOrder: "lsw", message: "word order is not the document's" }],
    voltage: [230_000, 230_000, 230_000],
  });
});

test("a meter as its document says gives nothing to log", async () => {
  expect(await warnings("msw")).toEqual({ warned: [], voltage: [230_000, 230_000, 230_000] });
});
