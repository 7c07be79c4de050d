import { expect, test } from "vitest";
import type { Link } from "../../../src/core/site/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import type { CanonicalValue } from "../../../src/main/devices/profile/index.ts";
import { createHttpServer, createHttpUnit, type HttpUnit } from "../../../src/main/simulator/network/index.ts";
import { stationOf } from "../modbus/bench.ts";
import { ending, profileWith, run, valuesOf, type Running } from "./bench.ts";

type Rig = Running & {
  readonly unit: HttpUnit;
  readonly switched: readonly number[];
  readonly set: (next: Record<string, CanonicalValue>) => void;
  /** Own commands of an OpenEVSE box. */
  readonly rapi: readonly string[];
};

/** A box on a real socket whose car draws what it is offered; `answers`: what an OpenEVSE box says to its own commands. */
async function rig(id: string, options: { stubborn?: boolean; deaf?: boolean; answers?: string } = {}): Promise<Rig> {
  const values = valuesOf({ state: "charging", plugged: 1, charging_active: 1, phases_state: 3, energy_import: 1_000 });
  const switched: number[] = [];
  const rapi: string[] = [];
  const profile = profileWith(id, "http");
  const unit: HttpUnit = createHttpUnit({
    profile,
    numbersAsText: id === "hardybarth-salia",
    values: (what) => {
      const offered_mA = options.stubborn === true ? 10_000 : (unit.offered_mA ?? 0);
      if (what === "current_l1") return offered_mA;
      if (/^current_l[23]$/u.test(what)) return values.get("phases_state") === 3 ? offered_mA : 0;
      return values.get(what);
    },
    onPhases: (phases) => {
      switched.push(phases);
      if (options.deaf !== true) values.set({ phases_state: phases });
    },
  });
  const withCommands: HttpUnit = {
    get orders() {
      return unit.orders;
    },
    get offered_mA() {
      return unit.offered_mA;
    },
    answer: (asked, deaf) => {
      const words = new URL(asked.path, "http://box").searchParams.get("rapi");
      if (!asked.path.startsWith("/r?") || words === null) return unit.answer(asked, deaf);
      rapi.push(words);
      return JSON.stringify({ cmd: words, ret: options.answers ?? "$OK^20" });
    },
  };
  const server = ending(await createHttpServer({ port: 0, units: [withCommands] }));
  const link: Link = { id: "box", kind: "http", host: "127.0.0.1", port: server.port };
  const running = run({ links: [link], stations: [stationOf("P1", id, "box", 1)], speed: 100 });
  await running.until((event) => event.kind === "online");
  await running.port?.setLimit(milliamp(10_000));
  return { ...running, unit, switched, rapi, set: values.set };
}

test.each(["goe-http", "smartevse-v3-http", "hardybarth-salia"])(
  "%s is paused, switched without current, and goes on with its limit",
  async (id) => {
    const { port, unit, switched } = await rig(id);
    expect(await port?.switchPhases?.(1)).toEqual({ ok: true });
    expect(switched).toEqual([1]);
    const names = unit.orders.filter((name) => name !== "heartbeat" && name !== "init");
    const at = names.findIndex((name) => name.endsWith("phases"));
    expect(names.slice(0, at)).toContain("pause");
    expect(names.slice(at)).toContain("resume");
    expect(unit.offered_mA).toBe(10_000);
    // Contactors rest: not again at once, whoever asks.
    expect(await port?.switchPhases?.(3)).toMatchObject({ ok: false, code: "rejected", retry: true });
    expect(switched).toEqual([1]);
  },
);

test("SmartEVSE is switched off before its second contactor is told", async () => {
  const { port, unit } = await rig("smartevse-v3-http");
  await port?.switchPhases?.(1);
  expect(unit.orders[unit.orders.indexOf("phases") - 1]).toBe("prepare");
});

test("a box that can only toggle is left alone when it is right already, or does not show what it has", async () => {
  const right = await rig("hardybarth-salia");
  expect(await right.port?.switchPhases?.(3)).toEqual({ ok: true });
  expect(right.switched).toEqual([]);
  const blind = await rig("hardybarth-salia");
  blind.set({ phases_state: "?" });
  expect(await blind.port?.switchPhases?.(1)).toMatchObject({ ok: false, code: "rejected" });
  expect(blind.switched).toEqual([]);
});

test("a box that does not switch says so, and the car goes on charging", async () => {
  const { port, unit } = await rig("hardybarth-salia", { deaf: true });
  expect(await port?.switchPhases?.(1)).toMatchObject({ ok: false, code: "not-followed" });
  expect(unit.offered_mA).toBe(10_000);
});

test("nothing is switched under load: a car that goes on drawing keeps its phases and its current", async () => {
  const { port, switched, unit } = await rig("goe-http", { stubborn: true });
  expect(await port?.switchPhases?.(1)).toMatchObject({ ok: false, code: "rejected", retry: true });
  expect(switched).toEqual([]);
  expect(unit.offered_mA).toBe(10_000);
});

test("OpenEVSE is asked whether it can, then told by its own command", async () => {
  const able = await rig("openevse-http");
  expect(await able.port?.switchPhases?.(1)).toEqual({ ok: true });
  expect(able.rapi).toEqual(["$G7", "$S7 0"]);
  const unable = await rig("openevse-http", { answers: "$NK^21" });
  expect(await unable.port?.switchPhases?.(1)).toMatchObject({ ok: false, code: "not-supported" });
  expect(unable.rapi).toEqual(["$G7"]);
  expect(unable.unit.offered_mA).toBe(10_000);
});

test("a limit that comes while the phases are switched waits for its turn and is the one that stays", async () => {
  const { port, unit } = await rig("goe-http");
  const switching = port?.switchPhases?.(1);
  const limit = port?.setLimit(milliamp(7_000));
  expect(await switching).toEqual({ ok: true });
  expect(await limit).toMatchObject({ ok: true });
  expect(unit.offered_mA).toBe(7_000);
});

test("the car is woken where the box can, and only there the port says so", async () => {
  const { port, unit } = await rig("evse-wifi");
  expect(await port?.wakeUp?.()).toEqual({ ok: true });
  expect(unit.orders).toContain("wakeup");
  expect(port !== undefined && "switchPhases" in port).toBe(false);
  const { port: goe } = await rig("goe-http");
  expect(goe !== undefined && "wakeUp" in goe).toBe(false);
});

test.each([
  ["goe-http", "no-guard", null],
  ["openevse-http", "not-documented", null],
  ["hardybarth-salia", "not-readable", 30_000],
] as const)("%s cannot be relied on, and says why: %s", async (id, doubt, timeout_ms) => {
  const { port } = await rig(id);
  expect(port?.failSafe?.()).toEqual({ kind: "unknown", current_mA: null, timeout_ms, doubt });
});
