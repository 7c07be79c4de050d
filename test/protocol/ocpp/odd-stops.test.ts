import { afterEach, describe, expect, test } from "vitest";
import type { StationEvent } from "../../../src/main/devices/ports.ts";
import { FakeStation, openBench, START_MS, station, type Bench } from "./bench.ts";

// Boxes that do not say which transaction they mean: what is certain is that one began or ended, and at which register.

const NOW = new Date(START_MS).toISOString();
let bench: Bench;
afterEach(() => bench.devices.close());

const dial = async (identity: string): Promise<FakeStation> => {
  const box = await new FakeStation(bench.devices.url, identity).connect();
  await box.boot();
  return box;
};
const of = <K extends StationEvent["kind"]>(kind: K): Extract<StationEvent, { kind: K }>[] =>
  bench.events.all.filter((event): event is Extract<StationEvent, { kind: K }> => event.kind === kind);
const ended = { idTagInfo: { status: "Accepted" } };

describe("a StopTransaction", () => {
  test.each([
    ["without a transaction", {}],
    ["with none", { transactionId: null }],
    ["with an empty one", { transactionId: "" }],
    ["with words for it", { transactionId: "seven" }],
    ["with a part of one", { transactionId: 1.5 }],
    ["with one beyond all numbers", { transactionId: 1e300 }],
  ])("%s ends the one that runs, at its register", async (_name, said) => {
    bench = await openBench([station("P01", "CP-1")]);
    const box = await dial("CP-1");
    const start = { connectorId: 1, idTag: "CARD1", meterStart: 1000, timestamp: NOW };
    const { transactionId } = await box.send("StartTransaction", start);
    expect(await box.send("StopTransaction", { ...said, meterStop: 2000, timestamp: NOW })).toEqual(ended);
    expect(of("transaction-stopped")).toMatchObject([{ transactionId, meterStop_Wh: 2000 }]);
  });

  test("of no number ends the only transaction of the box, on whichever connector, begun before a restart of ours", async () => {
    bench = await openBench([station("A", "DUO"), station("B", "DUO", { connectorId: 2 })], {
      unendedTransaction: (stationId) => (stationId === "B" ? 77 : null),
    });
    const box = await dial("DUO");
    expect(await box.send("StopTransaction", { transactionId: -1, meterStop: 2000, timestamp: NOW })).toEqual(ended);
    expect(of("transaction-stopped")).toMatchObject([{ stationId: "B", transactionId: 77, meterStop_Wh: 2000 }]);
  });
});

test("a StartTransaction without a time, sent again because its answer was lost, is one transaction", async () => {
  bench = await openBench([station("P01", "CP-1")]);
  const start = { connectorId: 1, idTag: "CARD1", meterStart: 1000 };
  const box = await dial("CP-1");
  const first = await box.send("StartTransaction", start);
  box.cut();
  await bench.clock.advance(30_000);
  const again = await new FakeStation(bench.devices.url, "CP-1").connect();
  expect(await again.send("StartTransaction", start)).toEqual(first);
  expect(of("transaction-started")).toHaveLength(1);
  // The next car at the same register is another one.
  await again.send("StopTransaction", { transactionId: first["transactionId"], meterStop: 1000 });
  await bench.clock.advance(30_000);
  expect(await again.send("StartTransaction", start)).not.toEqual(first);
  expect(of("transaction-started")).toHaveLength(2);
});
