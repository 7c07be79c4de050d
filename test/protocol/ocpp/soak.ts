import type { EpochMs } from "../../../src/core/units/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import { createOcppDevices } from "../../../src/main/devices/ocpp/create-ocpp-devices.ts";
import { readVendorRows } from "../../../src/main/devices/ocpp/vendor-rows.ts";
import type { Clock, DeviceEvent } from "../../../src/main/devices/ports.ts";
import { createOcppCrowd, type CrowdMember } from "../../../src/main/simulator/ocpp-crowd.ts";
import { createRandom } from "../../../src/main/simulator/random.ts";
import { station } from "./station.ts";

/** Simulated milliseconds between two limits for the same box. */
const LIMIT_EVERY_MS = 30_000;
/** Simulated milliseconds between two steps of the boxes. */
const STEP_MS = 1000;
/** Real milliseconds for the queues of all boxes to empty at the end. */
const QUIET_WITHIN_MS = 60_000;
const EXAMPLES_MAX = 5;
const LIMITS_MA = [0, 6000, 8000, 10_000, 13_000, 16_000, 25_000] as const;

export type SoakResult = {
  readonly stations: number;
  /** Transactions the boxes had, and of these those we were not told whole, or told with other registers. */
  readonly transactions: number;
  readonly lost: number;
  readonly wrong: number;
  /** Told more often than the boxes had them. */
  readonly duplicated: number;
  /** What was wrong, for a few. */
  readonly examples: readonly string[];
  readonly limits: number;
  readonly limitsFailed: number;
  readonly breaks: number;
  readonly faults: readonly string[];
  readonly notFollowing: readonly string[];
};

type Told = {
  readonly transactionId: number;
  readonly meterStart_Wh: number | null;
  meterStop_Wh: number | null;
  stops: number;
};

/** Lets `count` boxes of all personalities live for `duration_ms` of the clock against the real server, then compares. */
export async function soakOcpp(options: {
  readonly count: number;
  readonly duration_ms: number;
  readonly clock: Clock;
  readonly seed: number;
  readonly vendorFile: string;
}): Promise<SoakResult> {
  const { count, duration_ms, clock, seed, vendorFile } = options;
  const crowd = createOcppCrowd({ count, clock, seed });
  const told = new Map<string, Told[]>(crowd.members.map(({ identity }) => [identity, []]));
  const numbers = new Map<string, { readonly id: number; readonly stationId: string }>();
  const online = new Set<string>();
  const faults: string[] = [];
  const counts = { limits: 0, limitsFailed: 0, breaks: 0 };
  const rows = readVendorRows(vendorFile);
  const devices = await createOcppDevices({
    stations: crowd.members.map(({ identity }) => station(identity, identity)),
    host: "127.0.0.1",
    port: 0,
    on: {
      clock,
      emit: (event) => {
        if (event.kind === "online") online.add(event.stationId);
        else if (event.kind === "offline" && online.delete(event.stationId)) counts.breaks += 1;
        else take(told, event);
      },
      authorize: () => "Accepted",
      remoteStartToken: () => "ANYBODY",
      transactionIdFor: (start) => numberFor(numbers, start),
      stationOfTransaction: (id) => [...numbers.values()].find((one) => one.id === id)?.stationId ?? null,
      ...(rows.ok ? { vendorRows: rows.rows } : {}),
      log: ({ level, message, data }) => {
        if (level === "error") faults.push(`${message} ${JSON.stringify(data)}`);
      },
    },
  });
  const limiting = new AbortController();
  const limited = limitAll(devices.stations, clock, { seed, online, counts, signal: limiting.signal });
  crowd.connect(devices.url);
  const until_ms = clock.now_ms() + duration_ms;
  while (clock.now_ms() < until_ms) {
    crowd.step();
    await clock.sleep(STEP_MS);
  }
  limiting.abort();
  crowd.sendHome();
  const deadline = performance.now() + QUIET_WITHIN_MS;
  for (let quiet = 0; quiet < 60 && performance.now() < deadline; quiet = crowd.isQuiet() ? quiet + 1 : 0) {
    crowd.step();
    await clock.sleep(STEP_MS);
  }
  const notFollowing = devices.stations
    .filter((one) => one.probe().follows.state === "disobeys")
    .map(({ stationId }) => crowd.members.find(({ identity }) => identity === stationId)?.personality.id ?? stationId);
  await crowd.close();
  await devices.close();
  await limited;
  return {
    stations: count,
    ...compared(crowd.members, told),
    ...counts,
    faults,
    notFollowing: [...new Set(notFollowing)],
  };
}

function take(told: ReadonlyMap<string, Told[]>, event: DeviceEvent): void {
  if (event.kind === "transaction-started") {
    const { transactionId, meterStart_Wh } = event;
    told.get(event.stationId)?.push({ transactionId, meterStart_Wh, meterStop_Wh: null, stops: 0 });
  }
  if (event.kind !== "transaction-stopped") return;
  const one = told.get(event.stationId)?.find(({ transactionId }) => transactionId === event.transactionId);
  if (one === undefined) return;
  one.stops += 1;
  one.meterStop_Wh = event.meterStop_Wh;
}

function numberFor(
  numbers: Map<string, { readonly id: number; readonly stationId: string }>,
  start: { readonly stationId: string; readonly at_ms: EpochMs; readonly meterStart_Wh: number | null },
): number {
  const key = `${start.stationId} ${String(start.at_ms)} ${String(start.meterStart_Wh)}`;
  const known = numbers.get(key);
  if (known !== undefined) return known.id;
  const id = 1_800_000_000 + numbers.size;
  numbers.set(key, { id, stationId: start.stationId });
  return id;
}

async function limitAll(
  ports: Awaited<ReturnType<typeof createOcppDevices>>["stations"],
  clock: Clock,
  on: {
    readonly seed: number;
    readonly online: ReadonlySet<string>;
    readonly counts: { limits: number; limitsFailed: number };
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const random = createRandom(on.seed, "limits");
  while (!on.signal.aborted) {
    await clock.sleep(LIMIT_EVERY_MS / Math.max(1, ports.length), on.signal);
    const port = ports[random.whole(0, ports.length - 1)];
    if (port === undefined || !on.online.has(port.stationId)) continue;
    on.counts.limits += 1;
    void port.setLimit(milliamp(random.pick(LIMITS_MA))).then((reply) => {
      if (!reply.ok) on.counts.limitsFailed += 1;
    });
  }
}

function compared(
  members: readonly CrowdMember[],
  told: ReadonlyMap<string, readonly Told[]>,
): Pick<SoakResult, "transactions" | "lost" | "wrong" | "duplicated" | "examples"> {
  const examples: string[] = [];
  let [transactions, lost, wrong, duplicated] = [0, 0, 0, 0];
  for (const { identity, truth, personality } of members) {
    const mine = told.get(identity) ?? [];
    transactions += truth.length;
    duplicated += Math.max(0, mine.length - truth.length);
    lost += Math.max(0, truth.length - mine.length);
    for (const [index, one] of truth.entries()) {
      const other = mine[index];
      const isRight =
        other?.meterStart_Wh === one.meterStart_Wh && other.meterStop_Wh === one.meterStop_Wh && other.stops > 0;
      if (!isRight && examples.length < EXAMPLES_MAX)
        examples.push(`${personality.id}: ${JSON.stringify(one)} was told as ${JSON.stringify(other ?? null)}`);
      if (other === undefined) continue;
      if (other.stops === 0) lost += 1;
      else if (other.meterStart_Wh !== one.meterStart_Wh || other.meterStop_Wh !== one.meterStop_Wh) wrong += 1;
    }
  }
  return { transactions, lost, wrong, duplicated, examples };
}
