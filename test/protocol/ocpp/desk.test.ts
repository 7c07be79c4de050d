import { afterEach, expect, test } from "vitest";
import { ocppDesk, type OcppDesk } from "../../../src/main/site/ocpp-desk.ts";
import type { OcppAsked, OcppRecordStore } from "../../../src/main/storage/ocpp-record-types.ts";
import { FakeStation, openBench, START_MS, station, type Bench, type Script } from "./bench.ts";

let bench: Bench;
afterEach(() => bench.devices.close());

const LOCATION = "ftp://me:hidden@192.0.2.1/x";
const until_ms = START_MS + 3_600_000;

/** The desk over one box of two bays, with a record in memory that can fail. */
async function desk(script: Script, record: { fails: boolean } = { fails: false }) {
  bench = await openBench([station("P01", "CP-1"), station("P02", "CP-1", { connectorId: 2 })]);
  const asked: OcppAsked[] = [];
  const failures: unknown[] = [];
  const store: OcppRecordStore = {
    addRequest: (_identity, one) => {
      if (record.fails) throw new Error("the disk is full");
      asked.unshift(one);
    },
    requests: () => asked,
    addReport: () => undefined,
    reports: () => [],
  };
  const made: OcppDesk = ocppDesk({
    stations: () => bench.devices.stations,
    nameOf: (stationId) => `Bay ${stationId}`,
    stores: { ocppRecord: store, customers: { list: () => [] } },
    clock: bench.clock,
    log: {
      error: (facts: unknown) => {
        failures.push(facts);
      },
    },
  });
  const box = await new FakeStation(bench.devices.url, "CP-1", script).connect();
  await box.boot();
  return { made, asked, failures, box };
}

test("what is asked is written down with what came of it and nothing secret; what is only read is not", async () => {
  const { made, asked } = await desk(({ action }) => ({
    status: action === "ChangeConfiguration" ? "RebootRequired" : action === "ReserveNow" ? "Faulted" : "Accepted",
  }));
  await made.ask("P01", { do: "settings" });
  await made.ask("P01", { do: "configure", key: "WifiPassword", value: "hush" });
  await made.ask("P02", { do: "configure", key: "ServerUrl", value: "wss://me:hidden@host/" });
  await made.ask("P01", { do: "diagnostics", location: LOCATION });
  await made.ask("P02", { do: "reserve", reservationId: 3, idToken: "A", until_ms });
  await made.ask("P02", { do: "data-transfer", vendorId: "v", messageId: "m", data: "hidden" });
  expect(JSON.stringify(asked)).not.toMatch(/hush|hidden/u);
  expect(asked.toReversed().map(({ stationId, about, outcome, words }) => [stationId, about, outcome, words])).toEqual([
    ["P01", { key: "WifiPassword" }, "ok", "RebootRequired"],
    ["P02", { key: "ServerUrl", value: "wss://…@host/" }, "ok", "RebootRequired"],
    ["P01", { location: "ftp://…@192.0.2.1/x" }, "ok", ""],
    ["P02", { reservationId: 3, idToken: "A", until_ms }, "rejected", "Faulted"],
    ["P02", { vendorId: "v", messageId: "m" }, "ok", "Accepted"],
  ]);
  expect(made.beyond("P01")).toMatchObject({ restartFor: ["ServerUrl", "WifiPassword"], reservations: [] });
});

test("a reservation is of its own bay, ends with its time, and a newer one under its number takes its place", async () => {
  const { made } = await desk(() => ({ status: "Accepted" }));
  await made.ask("P02", { do: "reserve", reservationId: 3, idToken: "A", until_ms: START_MS + 1000 });
  await bench.clock.advance(10);
  await made.ask("P02", { do: "reserve", reservationId: 3, idToken: "B", until_ms });
  expect(made.beyond("P02")?.reservations).toEqual([{ reservationId: 3, idToken: "B", until_ms }]);
  expect(made.beyond("P01")?.reservations).toEqual([]);
  await bench.clock.advance(3_600_000);
  expect(made.beyond("P02")?.reservations).toEqual([]);
});

test("the answer of a box is told also where it cannot be written down", async () => {
  const { made, asked, failures } = await desk(() => ({ status: "Accepted" }), { fails: true });
  expect(await made.ask("P01", { do: "clear-cache" })).toEqual({ ok: true, answer: { status: "Accepted" } });
  expect(asked).toEqual([]);
  expect(failures).toHaveLength(1);
});

test("a station that nobody has, or that speaks no OCPP, is not found", async () => {
  const { made } = await desk(() => ({ status: "Accepted" }));
  expect(await made.ask("P09", { do: "clear-cache" })).toBe("not-found");
  expect(made.beyond("P09")).toBeNull();
});
