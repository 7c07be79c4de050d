import fc from "fast-check";
import { expect, test } from "vitest";
import { FakeStation } from "./bench.ts";
import { openStoredSite, type StoredSite } from "./stored-site.ts";

// Whatever the line and the box do to the messages of a car's charging, the same charging is one session with its
// watt-hours. A message is repeated when its answer was lost, waits in the box's queue while the line is away, and may
// come to us in another life of our process.

const STEP_MS = 60_000;
const STEP_WH = 200;
const FIRST_WH = 5000;

/** What happens to one step of the story. */
type Mishap =
  | { readonly kind: "none" | "twice" | "we-restart" }
  /** The answer is lost with the connection; the box says it again. */
  | { readonly kind: "answer-lost" | "box-restarts"; readonly boots: boolean }
  /** The line is away during the next steps. */
  | { readonly kind: "away"; readonly steps: number; readonly boots: boolean; readonly statusFirst: boolean };
type Charging = { readonly samples: number; readonly mishaps: readonly Mishap[]; readonly names: 0 | -1 | null };

const boots = fc.boolean();
const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "none" } as const) },
  fc.constantFrom({ kind: "twice" } as const, { kind: "we-restart" } as const),
  fc.record({ kind: fc.constantFrom("answer-lost" as const, "box-restarts" as const), boots }),
  fc.record({
    kind: fc.constant("away" as const),
    steps: fc.integer({ min: 1, max: 9 }),
    boots,
    statusFirst: fc.boolean(),
  }),
);
const SAMPLES_MAX = 3;
const charging: fc.Arbitrary<Charging> = fc.record({
  samples: fc.integer({ min: 0, max: SAMPLES_MAX }),
  mishaps: fc.array(mishap, { minLength: SAMPLES_MAX + 2, maxLength: SAMPLES_MAX + 2 }),
  names: fc.constantFrom(null, null, 0 as const, -1 as const),
});

type Phase = "start" | "sample" | "stop";
type Said = {
  readonly phase: Phase;
  /** Number of the charging, and of the message in it. */
  readonly charging: number;
  readonly seqNo: number;
  readonly at: string;
  readonly register_Wh: number;
  readonly names: Charging["names"];
};

/** The box: tells its messages at once or, while the line is away, keeps them. */
abstract class Box {
  readonly #site: StoredSite;
  readonly #protocol: string;
  #line: FakeStation | null = null;
  #queue: Said[] = [];
  status = "Available";

  constructor(site: StoredSite, protocol: string) {
    this.#site = site;
    this.#protocol = protocol;
  }

  protected abstract said(line: FakeStation, message: Said, offline: boolean): Promise<void>;
  protected abstract boot(line: FakeStation): Promise<unknown>;
  protected abstract tellStatus(line: FakeStation, status: string): Promise<unknown>;
  /** In which order the queue is told. */
  order: (queue: readonly Said[]) => readonly Said[] = (queue) => queue;

  async dial(more: { readonly boots: boolean; readonly statusFirst: boolean }): Promise<void> {
    const line = await new FakeStation(this.#site.url(), "CP-1", () => ({ status: "Accepted" }), {
      protocols: [this.#protocol],
    }).connect();
    this.#line = line;
    if (more.boots) await this.boot(line);
    if (more.statusFirst) await this.tellStatus(line, this.status);
    for (const message of this.order(this.#queue.splice(0))) await this.said(line, message, true);
    if (!more.statusFirst) await this.tellStatus(line, this.status);
  }

  async hangUp(): Promise<void> {
    await this.#line?.close();
    this.#line = null;
  }

  async say(message: Said): Promise<void> {
    if (this.#line === null) this.#queue.push(message);
    else await this.said(this.#line, message, false);
  }

  async shows(status: string): Promise<void> {
    this.status = status;
    if (this.#line !== null) await this.tellStatus(this.#line, status);
  }

  get isAway(): boolean {
    return this.#line === null;
  }
}

class Box16 extends Box {
  #transactionId: unknown = -1;

  constructor(site: StoredSite) {
    super(site, "ocpp1.6");
  }

  protected boot(line: FakeStation): Promise<unknown> {
    return line.boot();
  }
  protected tellStatus(line: FakeStation, status: string): Promise<unknown> {
    return line.send("StatusNotification", { connectorId: 1, errorCode: "NoError", status });
  }
  protected async said(line: FakeStation, { phase, at, register_Wh, names }: Said): Promise<void> {
    const transactionId = names ?? this.#transactionId;
    switch (phase) {
      case "start": {
        const start = { connectorId: 1, idTag: "CARD1", meterStart: register_Wh, timestamp: at };
        ({ transactionId: this.#transactionId } = await line.send("StartTransaction", start));
        return;
      }
      case "sample": {
        const meterValue = [{ timestamp: at, sampledValue: [{ value: String(register_Wh) }] }];
        await line.send("MeterValues", { connectorId: 1, transactionId, meterValue });
        return;
      }
      case "stop":
        await line.send("StopTransaction", { transactionId, meterStop: register_Wh, timestamp: at });
    }
  }
}

class Box201 extends Box {
  constructor(site: StoredSite) {
    super(site, "ocpp2.0.1");
  }

  protected boot(line: FakeStation): Promise<unknown> {
    const chargingStation = { vendorName: "Test", model: "Box 2" };
    return line.send("BootNotification", { reason: "PowerUp", chargingStation });
  }
  protected tellStatus(line: FakeStation, status: string): Promise<unknown> {
    const connectorStatus = status === "Available" ? status : "Occupied";
    return line.send("StatusNotification", { timestamp: "", connectorStatus, evseId: 1, connectorId: 1 });
  }
  protected async said(line: FakeStation, message: Said, offline: boolean): Promise<void> {
    const { phase, at, register_Wh, seqNo } = message;
    const eventType = { start: "Started", sample: "Updated", stop: "Ended" }[phase];
    const context = { start: "Transaction.Begin", sample: "Sample.Periodic", stop: "Transaction.End" }[phase];
    await line.send("TransactionEvent", {
      eventType,
      timestamp: at,
      triggerReason: "MeterValuePeriodic",
      seqNo,
      ...(offline ? { offline } : {}),
      transactionInfo: {
        transactionId: `T-${String(message.charging)}`,
        chargingState: phase === "stop" ? "EVConnected" : "Charging",
      },
      ...(phase === "start"
        ? { idToken: { idToken: "CARD1", type: "ISO14443" }, evse: { id: 1, connectorId: 1 } }
        : {}),
      meterValue: [{ timestamp: at, sampledValue: [{ value: register_Wh, context }] }],
    });
  }
}

/** Lives through the chargings one after the other; returns the registers between which each one really was. */
async function live(
  site: StoredSite,
  box: Box,
  chargings: readonly Charging[],
): Promise<readonly (readonly number[])[]> {
  const truth: (readonly number[])[] = [];
  let register_Wh = FIRST_WH;
  let away = 0;
  let back = { boots: true, statusFirst: true };
  await box.dial(back);
  const again = async (how: typeof back): Promise<void> => {
    if (box.isAway) return;
    await box.hangUp();
    await box.dial(how);
  };
  for (const [index, { samples, mishaps, names }] of chargings.entries()) {
    const phases: readonly Phase[] = ["start", ...Array.from({ length: samples }, () => "sample" as const), "stop"];
    const start_Wh = register_Wh;
    await box.shows("Preparing");
    for (const [seqNo, phase] of phases.entries()) {
      await site.clock.advance(STEP_MS);
      if (phase !== "start") register_Wh += STEP_WH;
      if (away > 0) away -= 1;
      if (box.isAway && away === 0) await box.dial(back);
      const at = new Date(site.clock.now_ms()).toISOString();
      const message: Said = { phase, charging: index, seqNo, at, register_Wh, names };
      const one = mishaps[seqNo] ?? { kind: "none" };
      if (one.kind === "away" && !box.isAway) {
        away = one.steps;
        back = { boots: one.boots, statusFirst: one.statusFirst };
        await box.hangUp();
      }
      await box.say(message);
      if (phase === "start") await box.shows("Charging");
      if (one.kind === "twice" || one.kind === "answer-lost") {
        if (one.kind === "answer-lost") await again({ boots: one.boots, statusFirst: true });
        await box.say(message);
      }
      if (one.kind === "box-restarts") await again({ boots: one.boots, statusFirst: true });
      if (one.kind === "we-restart") {
        const wasAway = box.isAway;
        if (!wasAway) await box.hangUp();
        await site.restart();
        if (!wasAway) await box.dial({ boots: false, statusFirst: true });
      }
    }
    truth.push([start_Wh, register_Wh]);
    await box.shows("Available");
  }
  if (box.isAway) await box.dial(back);
  // What is kept back until the box has told everything is let go.
  await site.clock.advance(5 * STEP_MS);
  await box.hangUp();
  return truth;
}

const RUNS = 30;
const SEED = 20_261_122;
const TIMEOUT_MS = 120_000;

async function check(version: "1.6" | "2.0.1", chargings: readonly Charging[], order?: Box["order"]): Promise<void> {
  const site = await openStoredSite();
  try {
    const box = version === "1.6" ? new Box16(site) : new Box201(site);
    if (order !== undefined) box.order = order;
    const truth = await live(site, box, chargings);
    const stored = site.sessions().map(({ start_Wh, stop_Wh, energy_Wh }) => ({ start_Wh, stop_Wh, energy_Wh }));
    expect(stored).toEqual(
      truth.map(([start_Wh = 0, stop_Wh = 0]) => ({ start_Wh, stop_Wh, energy_Wh: stop_Wh - start_Wh })),
    );
  } finally {
    await site.close();
  }
}

test.each(["1.6", "2.0.1"] as const)(
  "a charging is one session with its watt-hours however a box of %s comes to tell of it",
  { timeout: TIMEOUT_MS },
  async (version) => {
    await fc.assert(
      fc.asyncProperty(fc.array(charging, { minLength: 1, maxLength: 3 }), (chargings) => check(version, chargings)),
      { numRuns: RUNS, seed: SEED },
    );
  },
);

test("and in whatever order a box of 2.0.1 tells what it kept of each", { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(charging, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(1000), { minLength: 20, maxLength: 20 }),
      (chargings, keys) =>
        check("2.0.1", chargings, (queue) =>
          queue
            .map((message, index) => ({ message, key: keys[index] ?? index }))
            .toSorted((a, b) => a.message.charging - b.message.charging || a.key - b.key)
            .map(({ message }) => message),
        ),
    ),
    { numRuns: RUNS, seed: SEED },
  );
});
