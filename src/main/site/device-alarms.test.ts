import { describe, expect, test } from "vitest";
import type { Alert, DeviceHint, DeviceSummary } from "../../contract/index.ts";
import { epochMs } from "../../core/units/index.ts";
import type { AlertStore } from "../storage/types.ts";
import { createDeviceAlarms, HINT_ALARM_MS } from "./device-alarms.ts";

type Raised = Parameters<AlertStore["raise"]>[0];

/** Alerts in memory: what is open, and what was raised. */
function alertsInMemory(): { store: AlertStore; open: Map<string, Raised>; raised: Raised[] } {
  const open = new Map<string, Raised>();
  const raised: Raised[] = [];
  const seen = (alarm: Raised): Alert => ({
    ...alarm,
    id: "1",
    since_ms: 0,
    ended_at_ms: null,
    count: 1,
    acknowledged_at_ms: null,
  });
  const store: AlertStore = {
    open: () => [...open.values()].map(seen),
    list: () => [],
    raise: (alarm) => {
      raised.push(alarm);
      open.set(`${alarm.code} ${alarm.ref}`, alarm);
      return seen(alarm);
    },
    end: (code, ref) => {
      open.delete(`${code} ${ref}`);
    },
    acknowledge: () => null,
  };
  return { store, open, raised };
}

const device = (kind: DeviceSummary["kind"], id: string, hints: DeviceHint[]): DeviceSummary => ({
  kind,
  id,
  name: id,
  profileId: null,
  linkId: "line",
  place: "/dev/ttyUSB0",
  unitId: 1,
  state: "online",
  lastExchange_ms: null,
  exchanges: 0,
  errors: 0,
  recentErrors_permille: null,
  hints,
  problem: null,
});
const damaged = { code: "termination-or-bias", crcErrors: 12, frames: 400, share_permille: 30 } as const;
const silent = { code: "address-clash-or-cabling", unitId: 3, failedInARow: 9 } as const;

describe("a hint of a line", () => {
  test("becomes one alert with its numbers once it has stood for more than a minute, and ends with it", () => {
    const { store, open, raised } = alertsInMemory();
    const watch = createDeviceAlarms();
    // Every device of the line shows the hint too; it is the line's.
    const devices = [device("link", "line", [damaged]), device("meter", "m1", [damaged])];
    watch(store, devices, epochMs(0));
    watch(store, devices, epochMs(HINT_ALARM_MS));
    expect(raised).toEqual([]);
    for (const later of [1, 2_000, 4_000]) watch(store, devices, epochMs(HINT_ALARM_MS + later));
    expect(raised).toEqual([
      {
        code: "line-damaged",
        severity: "degraded",
        ref: "line",
        inputs: { place: "/dev/ttyUSB0", damaged: 12, asked: 400 },
      },
    ]);
    watch(store, [device("link", "line", [])], epochMs(HINT_ALARM_MS + 6_000));
    expect(open.size).toBe(0);
  });

  test("that comes and goes is nobody's trouble", () => {
    const { store, raised } = alertsInMemory();
    const watch = createDeviceAlarms();
    for (let at_ms = 0; at_ms < 10 * HINT_ALARM_MS; at_ms += 2_000)
      watch(store, [device("link", "line", at_ms % 20_000 === 0 ? [] : [damaged])], epochMs(at_ms));
    expect(raised).toEqual([]);
  });

  test("about one address is told of the device that has it, not of the line", () => {
    const { store, raised } = alertsInMemory();
    const watch = createDeviceAlarms();
    const devices = [device("link", "line", [silent]), device("station", "P03", [silent])];
    watch(store, devices, epochMs(0));
    watch(store, devices, epochMs(HINT_ALARM_MS + 1));
    expect(raised.map(({ code, ref }) => `${code} ${ref}`)).toEqual(["unit-silent P03"]);
  });

  test("that a box does not take our signs of life is told of the box, with its answer", () => {
    const { store, raised } = alertsInMemory();
    const watch = createDeviceAlarms();
    const devices = [device("station", "P03", [{ code: "life-signs-untaken", inARow: 9, answer: "exception 2" }])];
    watch(store, devices, epochMs(0));
    watch(store, devices, epochMs(HINT_ALARM_MS + 1));
    expect(raised).toEqual([
      {
        code: "life-signs-untaken",
        severity: "degraded",
        ref: "P03",
        inputs: { place: "/dev/ttyUSB0", inARow: 9, answer: "exception 2" },
      },
    ]);
  });

  test("that several meters speak and none is named stops what rests on it, unless one was there first", () => {
    const raisedFor = (taken: string | null): Raised | undefined => {
      const { store, raised } = alertsInMemory();
      const watch = createDeviceAlarms();
      const devices = [device("meter", "grid", [{ code: "several-meters", serials: ["7", "8"], taken }])];
      watch(store, devices, epochMs(0));
      watch(store, devices, epochMs(HINT_ALARM_MS + 1));
      return raised[0];
    };
    const inputs = { place: "/dev/ttyUSB0", serials: "7, 8" };
    expect(raisedFor(null)).toMatchObject({ code: "several-meters", severity: "stopped", inputs });
    expect(raisedFor("7")).toMatchObject({ code: "several-meters", severity: "degraded", inputs });
  });

  test("leaves alerts of others alone", () => {
    const { store, open } = alertsInMemory();
    store.raise({ code: "storage", severity: "safety", ref: "disk", inputs: {} }, epochMs(0));
    createDeviceAlarms()(store, [], epochMs(1));
    expect([...open.keys()]).toEqual(["storage disk"]);
  });
});
