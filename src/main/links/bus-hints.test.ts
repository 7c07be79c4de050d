import { expect, test } from "vitest";
import { createCounterBook, type CounterBook } from "./bus-counters.ts";
import { busHints, type BusHealth, type BusHint } from "./bus-hints.ts";

/** What the hints say after `happened` on a line with RTU framing, unless `given` says otherwise. */
function hintsAfter(
  happened: (counters: CounterBook) => void,
  given: Partial<Pick<BusHealth, "medium" | "framing" | "recentLosses">> = {},
): readonly BusHint[] {
  const counters = createCounterBook();
  happened(counters);
  return busHints({
    name: "line",
    state: { kind: "up" },
    medium: "serial",
    framing: "rtu",
    queued: 0,
    recentLosses: 0,
    total: counters.total(),
    units: counters.units(),
    recent: counters.recent(),
    ...given,
  });
}

const answers = (counters: CounterBook, unitId: number, times: number): void => {
  for (let i = 0; i < times; i += 1) {
    counters.count(unitId, "frames");
    counters.answered(unitId, 20);
  }
};
const silent = (counters: CounterBook, unitId: number, times: number): void => {
  for (let i = 0; i < times; i += 1) {
    counters.count(unitId, "frames");
    counters.failed(unitId);
  }
};

test("a line on which all is well has no hints", () => {
  expect(hintsAfter((line) => answers(line, 1, 1_000))).toEqual([]);
});

test("more than 2 % damaged answers point to termination or bias; 2 % do not", () => {
  const after = (crcErrors: number): readonly BusHint[] =>
    hintsAfter((line) => {
      answers(line, 1, 100);
      line.count(1, "crcErrors", crcErrors);
    });
  expect(after(2)).toEqual([]);
  expect(after(3)).toEqual([{ code: "termination-or-bias", crcErrors: 3, frames: 100, share_permille: 30 }]);
});

test("one damaged answer among the first few requests says nothing yet", () => {
  expect(
    hintsAfter((line) => {
      answers(line, 1, 10);
      line.count(1, "crcErrors");
    }),
  ).toEqual([]);
});

test("damage is not hidden by a long good time before it, and is forgotten after a long good time", () => {
  const after = (goodAfter: number): readonly string[] =>
    hintsAfter((line) => {
      answers(line, 1, 100_000);
      line.count(1, "crcErrors", 20);
      answers(line, 1, goodAfter);
    }).map((hint) => hint.code);
  expect(after(0)).toEqual(["termination-or-bias"]);
  expect(after(2_000)).toEqual([]);
});

test("when nobody answers it is the line: A and B, baud rate, parity or adapter", () => {
  expect(
    hintsAfter((line) => {
      silent(line, 1, 3);
      silent(line, 2, 3);
    }),
  ).toEqual([{ code: "ab-swap-or-baud", unitIds: [1, 2] }]);
  expect(hintsAfter((line) => silent(line, 7, 3))).toEqual([{ code: "ab-swap-or-baud", unitIds: [7] }]);
});

test("devices that answer damaged are heard: it is the wire or two with one address, and A and B are right", () => {
  const garbled = (counters: CounterBook, unitId: number): void => {
    silent(counters, unitId, 4);
    counters.count(unitId, "crcErrors", 4);
  };
  const hints = hintsAfter((line) => {
    garbled(line, 1);
    garbled(line, 2);
  });
  expect(hints).toEqual([{ code: "termination-or-bias", crcErrors: 8, frames: 8, share_permille: 1000 }]);
});

test("when all fall silent that answered before, the wire is cut; its A and B were right", () => {
  const hints = hintsAfter((line) => {
    answers(line, 1, 10);
    silent(line, 1, 3);
    silent(line, 2, 3);
  });
  expect(hints).toEqual([{ code: "line-cut", unitIds: [1, 2] }]);
});

test("when one of several falls silent it is that one: its address, wires or power", () => {
  expect(
    hintsAfter((line) => {
      answers(line, 1, 10);
      silent(line, 2, 5);
    }),
  ).toEqual([{ code: "address-clash-or-cabling", unitId: 2, failedInARow: 5 }]);
});

test("a lonely device that used to answer was wired right", () => {
  const hints = hintsAfter((line) => {
    answers(line, 1, 10);
    silent(line, 1, 4);
  });
  expect(hints).toEqual([{ code: "address-clash-or-cabling", unitId: 1, failedInARow: 4 }]);
});

test("behind Modbus TCP there are no wires to swap", () => {
  const hints = hintsAfter((line) => silent(line, 1, 3), { framing: "mbap", medium: "network" });
  expect(hints.map((hint) => hint.code)).toEqual(["address-clash-or-cabling"]);
});

test("two failures are no silence, and an answer ends it", () => {
  expect(hintsAfter((line) => silent(line, 1, 2))).toEqual([]);
  expect(
    hintsAfter((line) => {
      silent(line, 1, 30);
      answers(line, 1, 1);
    }),
  ).toEqual([]);
});

test("an adapter that repeats what we send is named", () => {
  expect(hintsAfter((line) => line.count(1, "echoes", 12))).toEqual([{ code: "adapter-echoes", echoes: 12 }]);
});

test("a peer that keeps ending our connection has another client; a loose USB plug has not", () => {
  const lost = { recentLosses: 3 } as const;
  expect(hintsAfter(() => undefined, { ...lost, medium: "network", framing: "mbap" })).toEqual([
    { code: "another-client", losses: 3 },
  ]);
  expect(hintsAfter(() => undefined, lost)).toEqual([]);
  expect(hintsAfter(() => undefined, { recentLosses: 2, medium: "network" })).toEqual([]);
});

test("of a device's last 128 answers the slowest but one is its usual slowest, and one freak does not stay", () => {
  const counters = createCounterBook();
  counters.answered(1, 900);
  expect(counters.unit(1).latency_ms_p99).toBe(900);
  answers(counters, 1, 127);
  expect(counters.unit(1)).toMatchObject({ latency_ms_p99: 20, latency_ms_max: 900, replies: 128 });
  expect(counters.total().latency_ms_p99).toBe(20);
});

test("bytes that are no Modbus point to another protocol or port, on a wire and in a network, and not to a silent unit", () => {
  const strange = (line: CounterBook): void => {
    for (let i = 0; i < 3; i += 1) {
      silent(line, 1, 1);
      line.count(1, "foreign");
    }
  };
  const expected = [{ code: "not-modbus", foreign: 3, frames: 3 }];
  expect(hintsAfter(strange)).toEqual(expected);
  expect(hintsAfter(strange, { medium: "network", framing: "mbap" })).toEqual(expected);
});

test("a line that brings foreign bytes now and then between its answers is no other protocol", () => {
  expect(
    hintsAfter((line) => {
      answers(line, 1, 10);
      silent(line, 1, 1);
      line.count(1, "foreign");
    }),
  ).toEqual([]);
});
