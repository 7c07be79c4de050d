import { expect, test } from "vitest";
import type { Link } from "../../../src/core/site/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import type { CanonicalValue } from "../../../src/main/devices/profile/index.ts";
import type { KebaPeer } from "../../../src/main/devices/keba-udp/keba-socket.ts";
import { answersAt, kebaStation } from "../../../src/main/devices/keba-udp/index.ts";
import { startNetworkStation } from "../../../src/main/devices/network/network-station.ts";
import { createKebaBox, createKebaUnit, type NetworkFault } from "../../../src/main/simulator/network/index.ts";
import { createVirtualClock } from "../../../src/main/site/clock.ts";
import { clockOf, stationOf } from "../modbus/bench.ts";
import { ending, profileWith, run, valuesOf, type Running } from "./bench.ts";

const ID = "keba-p30-udp";
const CHARGING = {
  state: "charging",
  cable_state: 7,
  current_l1: 15_900,
  current_l2: 16_000,
  current_l3: 15_800,
  voltage_l1: 230_000,
  voltage_l2: 231_000,
  voltage_l3: 229_000,
  power: 11_000,
  energy_import: 1_234_000,
};

type Rig = Running & {
  readonly box: Awaited<ReturnType<typeof createKebaBox>>;
  readonly set: (next: Record<string, CanonicalValue>) => void;
};

async function rig(speed = 10): Promise<Rig> {
  const values = valuesOf(CHARGING);
  const clock = clockOf(speed);
  const profile = profileWith(ID, "keba-udp");
  const box = ending(await createKebaBox({ profile, values: values.get, now_ms: () => clock.now_ms() }));
  const link: Link = { id: "keba", kind: "udp", host: "127.0.0.1", port: box.port };
  return { ...run({ links: [link], stations: [stationOf("P1", ID, "keba", 1)], speed }), box, set: values.set };
}

test("shows its values in our names and units, and who it is", async () => {
  const { until, stationReading } = await rig();
  const [online, reading] = await Promise.all([until((event) => event.kind === "online"), stationReading()]);
  expect(online).toMatchObject({ vendor: "KEBA", model: "KC-P30-ES240022-E0R", serial: "18012345" });
  expect(reading).toMatchObject({
    status: "Charging",
    current_mA: [15_900, 16_000, 15_800],
    voltage_mV: [230_000, 231_000, 229_000],
    power_W: 11_000,
    energyRegister_Wh: 1_234_000,
  });
});

test("a cable without a car is no car", async () => {
  const { set, stationReading } = await rig();
  set({ state: "connected", cable_state: 3 });
  expect(await stationReading((reading) => reading.status !== "Charging")).toMatchObject({ status: "Available" });
});

test("takes a limit, pauses and resumes, and confirms what the box holds", async () => {
  const { port, box, until } = await rig(50);
  await until((event) => event.kind === "online");
  expect(await port?.setLimit(milliamp(10_000))).toEqual({ ok: true, confirmed_mA: 10_000 });
  expect(box.offered_mA).toBe(10_000);
  expect(await port?.setLimit(milliamp(0))).toEqual({ ok: true, confirmed_mA: 0 });
  expect(box.offered_mA).toBe(0);
  expect(await port?.setLimit(milliamp(12_000))).toEqual({ ok: true, confirmed_mA: 12_000 });
  expect(box.offered_mA).toBe(12_000);
});

/** Without a wire and without real time: a machine that stands still must not look like our silence. */
function offTheWire(arrives: (command: string) => boolean) {
  const clock = createVirtualClock(1_790_000_000_000);
  const profile = profileWith(ID, "keba-udp");
  const box = createKebaUnit({ profile, values: valuesOf(CHARGING).get, now_ms: () => clock.now_ms() });
  const peer: KebaPeer = {
    counters: { exchanges: 0, errors: 0 },
    async ask(command, fits) {
      await clock.sleep(100);
      if (!arrives(command)) return null;
      const answer = box.answer(command, false);
      return fits(answer) ? answer : null;
    },
  };
  const station = stationOf("P1", ID, "keba", 1);
  const driver = startNetworkStation({
    station,
    linkId: "keba",
    talk: kebaStation({ profile, peer, step_mA: station.step_mA, fallback_mA: station.fallback_mA }),
    clock,
    emit: () => undefined,
    log: { info: () => undefined, warn: () => undefined },
    startAfter_ms: 0,
  });
  return { clock, box, driver };
}

/** A box that says these reports word for word, and nothing to what is not among them. */
function saying(reports: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const peer: KebaPeer = {
    counters: { exchanges: 0, errors: 0 },
    ask(command, fits) {
      asked.push(command);
      const answer = reports[command];
      return Promise.resolve(answer !== undefined && fits(answer) ? answer : null);
    },
  };
  const talk = kebaStation({ profile: profileWith(ID, "keba-udp"), peer, step_mA: 1_000, fallback_mA: 6_000 });
  return { asked, talk };
}

const REPORTS = {
  "report 1": '{"ID ": "1", "Product": "KC-P30", "Serial": "17619300", "Firmware": "P30 v 3.10.16"}',
  "report 2": '{"ID": "2", "State": 3, "Plug": 7, "Authreq": 1, "Enable user": 1, "Curr user": 16000}',
  "report 3": '{"ID": "3", "U1": 230, "P": 11000000, "E pres ": 54321, "E total": 98765432}',
};

test("keys are known in whatever case, with a space at their end too, and the card of the running session is read", async () => {
  const { talk } = saying({ ...REPORTS, "report 100": '{"ID": "100", "RFID tag": "04a1b2c3d4000000"}' });
  const outcome = await talk.read(true);
  const shown = outcome.kind === "values" ? Object.fromEntries(outcome.values) : outcome;
  expect(shown).toMatchObject({
    auth_required: 1,
    energy_session: 5_432,
    serial: "17619300",
    rfid: "04a1b2c3d4000000",
  });
});

test("a box without a report of its session is read all the same, and asked for it again after a minute of rounds", async () => {
  const { talk, asked } = saying(REPORTS);
  for (let round = 0; round < 60; round += 1) expect((await talk.read(true)).kind).toBe("values");
  const times = (): number => asked.filter((command) => command === "report 100").length;
  expect(times()).toBe(1);
  await talk.read(true);
  expect(times()).toBe(2);
});

test("its watchdog is set before anything else, is fed while we are there, and falls to the safe current after us", async () => {
  const asked_at = new Map<string, number[]>();
  const { clock, box, driver } = offTheWire((command) => {
    asked_at.set(command, [...(asked_at.get(command) ?? []), clock.now_ms()]);
    return true;
  });
  await clock.advance(5_000);
  expect(box.commands[0]).toBe("failsafe 60 6000 0");
  expect(driver.port.failSafe?.()).toEqual({ kind: "known", current_mA: 6_000, timeout_ms: 60_000 });
  const told = driver.port.setLimit(milliamp(14_000));
  await clock.advance(10_000);
  expect(await told).toEqual({ ok: true, confirmed_mA: 14_000 });
  for (let minute = 0; minute < 60; minute += 1) {
    await clock.advance(60_000);
    expect(box.offered_mA).toBe(14_000);
  }
  const fed = asked_at.get("curr 14000") ?? [];
  const pauses = fed.slice(1).map((at_ms, index) => at_ms - (fed[index] ?? at_ms));
  expect(fed.length).toBeGreaterThan(150);
  // Two lost rounds in a row do not let it fall back.
  expect(Math.max(...pauses)).toBeLessThan(30_000);
  const heard_ms = Math.max(...["curr 14000", "ena 1"].map((command) => asked_at.get(command)?.at(-1) ?? 0));
  const stopped = driver.stop();
  await clock.advance(1_000);
  await stopped;
  await clock.advance(heard_ms + 60_000 - clock.now_ms());
  expect(box.offered_mA).toBe(14_000);
  await clock.advance(1);
  expect(box.offered_mA).toBe(6_000);
});

test("a sign of life does not repeat a limit above the one that was told since, though nobody confirmed that one", async () => {
  let isDeafTo8 = false;
  const { clock, box, driver } = offTheWire((command) => !isDeafTo8 || command !== "curr 8000");
  await clock.advance(5_000);
  const told = driver.port.setLimit(milliamp(14_000));
  await clock.advance(10_000);
  expect(await told).toMatchObject({ ok: true });
  isDeafTo8 = true;
  const lowered = driver.port.setLimit(milliamp(8_000));
  await clock.advance(1_000);
  expect(await lowered).toMatchObject({ ok: false, code: "timeout" });
  isDeafTo8 = false;
  const { length } = box.commands;
  await clock.advance(30_000);
  expect(box.commands.slice(length)).toContain("curr 8000");
  expect(box.commands.slice(length)).not.toContain("curr 14000");
  const stopped = driver.stop();
  await clock.advance(1_000);
  await stopped;
});

test("a box that takes orders and does not follow is reported", async () => {
  const { port, box, until } = await rig(50);
  await until((event) => event.kind === "online");
  box.faults.current = { kind: "deaf" };
  expect(await port?.setLimit(milliamp(8_000))).toMatchObject({ ok: false, code: "not-followed" });
});

test.each<NetworkFault>([{ kind: "drop" }, { kind: "half" }, { kind: "garbage" }])(
  "with $kind the box goes offline and comes back, and no value is wrong",
  async (fault) => {
    const { box, until, stationReading, events } = await rig(50);
    await stationReading();
    box.faults.current = fault;
    await until((event) => event.kind === "offline");
    box.faults.current = null;
    await stationReading();
    const readings = events.flatMap((event) => (event.kind === "reading" ? [event.reading.power_W] : []));
    expect(new Set(readings)).toEqual(new Set([11_000]));
  },
);

test("two boxes share one port for their answers and are told apart", async () => {
  const profile = profileWith(ID, "keba-udp");
  const clock = clockOf(20);
  const boxOf = (power: number, address: string) =>
    createKebaBox({ profile, values: valuesOf({ ...CHARGING, power }).get, now_ms: () => clock.now_ms(), address });
  const first = ending(await boxOf(11_000, "127.0.0.1"));
  const second = ending(await boxOf(7_000, "127.0.0.2"));
  const link = (id: string, host: string, port: number): Link => ({ id, kind: "udp", host, port });
  const { until, devices } = run({
    links: [link("k1", "127.0.0.1", first.port), link("k2", "127.0.0.2", second.port)],
    stations: [stationOf("P1", ID, "k1", 1), stationOf("P2", ID, "k2", 1)],
    speed: 20,
  });
  const powerOf = (id: string) =>
    until((event) => event.kind === "reading" && event.stationId === id).then((event) =>
      event.kind === "reading" ? event.reading.power_W : null,
    );
  expect(await Promise.all([powerOf("P1"), powerOf("P2")])).toEqual([11_000, 7_000]);
  expect(devices.kebaPort()).toBeGreaterThan(0);
  const [one, two] = devices.stations;
  await Promise.all([one?.setLimit(milliamp(9_000)), two?.setLimit(milliamp(7_000))]);
  expect([first.offered_mA, second.offered_mA]).toEqual([9_000, 7_000]);
});

test("answers are awaited at the box's own port on all addresses, and for a box on this machine on the loopback alone", () => {
  const at = (host: string, port = 7_090) => answersAt({ host, port }, 7_090);
  expect(at("192.0.2.7")).toEqual({ port: 7_090 });
  expect(at("127.0.0.2")).toEqual({ port: 7_090, address: "127.0.0.1", orAnyPort: true });
  expect(at("localhost", 17_090)).toEqual({ port: 7_090, address: "127.0.0.1", orAnyPort: true });
  // There the box itself listens.
  expect(at("127.0.0.1")).toEqual({ port: 0, address: "127.0.0.1" });
});
