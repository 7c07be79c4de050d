import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { SiteModel, Station } from "../../src/core/site/index.ts";
import { milliamp, type Milliamp, type PerPhase } from "../../src/core/units/index.ts";
import type { ModbusReply, ModbusRequest } from "../../src/main/protocol/modbus/index.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { startEngine } from "../../src/main/site/engine.ts";
import type { Engine } from "../../src/main/site/engine.types.ts";
import { createModbusServer, profileBank } from "../../src/main/simulator/modbus/index.ts";
import { createHttpDevice } from "../../src/main/simulator/network/index.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";
import { profileOf, stationOf, tcpLink } from "../protocol/modbus/bench.ts";
import { profileWith, valuesOf } from "../protocol/network/bench.ts";
import { quietLog, resources, START_MS, TARIFF } from "./site-under-test.ts";

// A site of three boxes that differ in what they do without us: one that shows it, one that keeps its factory setting,
// and one that has no guard at all. Its real drivers speak to them over real sockets.

export const SPEED = 20;
/** The circuit holds three boxes at their promised 6 A, and not one of them at its factory 32 A. */
const FUSE_A = 40;
const FACTORY_REGISTER = 40_409;
const LIMIT_REGISTER = 40_407;

const all = (current_mA: number): PerPhase<Milliamp> => [
  milliamp(current_mA),
  milliamp(current_mA),
  milliamp(current_mA),
];

export type FailSafeSite = {
  readonly engine: () => Engine;
  /** Cuts the line of the first box. */
  readonly cut: () => Promise<void>;
  /** Ends the engine and starts another on the same folder. */
  readonly restart: () => Promise<void>;
  readonly phases: readonly number[];
};

/**
 * `known` is a Vestel box, `factory` an eProWallbox that does not let its fallback be set, and no limit either where it
 * `refusesLimits`; `none` a go-e over HTTP.
 */
export async function failSafeSite({ refusesLimits = false } = {}): Promise<FailSafeSite> {
  const clock = createClock({ speed: SPEED, start_ms: START_MS });
  // Of the second box: writes to them are answered with an exception.
  const refused = new Set([FACTORY_REGISTER, ...(refusesLimits ? [LIMIT_REGISTER] : [])]);
  const modbusBox = async (profileId: string, framing: "mbap" | "rtu") => {
    const bank = profileBank({
      profile: profileOf(profileId),
      now_ms: () => clock.now_ms(),
      onWrite: () => undefined,
      values: (what) =>
        what === "state"
          ? "charging"
          : what.startsWith("voltage")
            ? 230_000
            : /^current_l[123]$/u.test(what)
              ? (bank.offered_mA() ?? 0)
              : undefined,
    });
    const answer = (request: ModbusRequest): ModbusReply =>
      request.fc > 4 && framing === "rtu" && refused.has(request.address)
        ? { kind: "exception", fc: request.fc, code: 2 }
        : bank.answer(request);
    return createModbusServer({ transport: { kind: "tcp", port: 0, framing }, units: new Map([[1, { answer }]]) });
  };
  const known = await modbusBox("vestel-evc04", "mbap");
  const factory = await modbusBox("free2move-eprowallbox", "rtu");
  const phases: number[] = [];
  const { get } = valuesOf({ state: "charging", current_l1: 0, current_l2: 0, current_l3: 0, energy_import: 1_000 });
  const http = await createHttpDevice({
    profile: profileWith("goe-http", "http"),
    values: get,
    onPhases: (count) => phases.push(count),
  });
  const station = (id: string, profileId: string): Station => ({
    ...stationOf(id, profileId, id, 1),
    current_mA_max: milliamp(32_000),
  });
  const model: SiteModel = {
    identity: { name: "Site", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
    circuits: [
      {
        id: "main",
        name: "Main",
        parentId: null,
        fuse_mA: all(FUSE_A * 1_000),
        margin_mA: milliamp(0),
        meterId: null,
        limit_W: null,
        otherLoad_mA_max: all(0),
      },
    ],
    links: [
      tcpLink("known", "modbus-tcp", known.port),
      tcpLink("factory", "rtu-over-tcp", factory.port),
      { id: "none", kind: "http", host: "127.0.0.1", port: http.port },
    ],
    meters: [],
    stations: [
      station("known", "vestel-evc04"),
      station("factory", "free2move-eprowallbox"),
      station("none", "goe-http"),
    ],
  };
  const path = mkdtempSync(join(tmpdir(), "chargehand-fail-safe-"));
  const open = async () => {
    const folder = openDataFolder(path, { now_ms: () => Date.now() });
    if (!folder.ok) throw new Error(folder.message);
    const stored = { model, demo: false, access: { cards: "any" } } as const;
    if (folder.stores.tariffs.at(clock.now_ms()) === null) {
      folder.stores.site.save(stored, clock.now_ms(), "test");
      folder.stores.tariffs.add(TARIFF);
    }
    const engine = await startEngine({
      folder,
      stored,
      clock,
      speed: SPEED,
      resources,
      ownProfiles: join(path, "devices"),
      ocpp: { host: "127.0.0.1", port: 0 },
      log: quietLog(),
    });
    return { engine, folder };
  };
  let running = await open();
  const stop = async (): Promise<void> => {
    await running.engine.close();
    running.folder.close();
  };
  onTestFinished(async () => {
    await stop();
    await Promise.all([known.close(), factory.close(), http.close()]);
    clock.close();
    rmSync(path, { recursive: true, force: true });
  });
  return {
    engine: () => running.engine,
    cut: () => known.close(),
    restart: async () => {
      await stop();
      running = await open();
    },
    phases,
  };
}
