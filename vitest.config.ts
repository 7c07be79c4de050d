import { defineConfig } from "vitest/config";

/** Tests on wires mostly wait for clocks and watchdogs: more of them than there are cores can run at once. */
const WAITING_TESTS_AT_ONCE = 3;

/** What `expect.poll` waits for comes at once on a quiet machine, and at some time on one that runs everything together. */
const PATIENT = { poll: { timeout: 30_000 } };

/**
 * Tests with wires, processes or a browser run beside each other on shared cores, where a machine that stands still for
 * a second looks like a wire that did: each is asked once more, and `npm test` names those that needed it. Tests of
 * arithmetic are asked once.
 */
const ASKED_AGAIN = 1;

/** Rooms of `test` whose tests are arithmetic: nothing in them waits for anything real. */
const ARITHMETIC = ["allocation", "architecture", "balancing", "cases", "cases-review", "golden", "planning", "replay"];
const ARITHMETIC_TESTS = ARITHMETIC.map((room) => `test/${room}/**/*.test.ts`);

/** Unit tests beside the code, what spans rooms (arithmetic or on wires), and what drives a browser (one file at a time). */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          expect: PATIENT,
          include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "arithmetic",
          environment: "node",
          maxWorkers: WAITING_TESTS_AT_ONCE,
          sequence: { groupOrder: 1 },
          include: ARITHMETIC_TESTS,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "wires",
          environment: "node",
          expect: PATIENT,
          retry: ASKED_AGAIN,
          maxWorkers: WAITING_TESTS_AT_ONCE,
          sequence: { groupOrder: 1 },
          include: ["test/**/*.test.ts"],
          exclude: [...ARITHMETIC_TESTS, "test/e2e/**", "test/desktop/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          environment: "node",
          expect: PATIENT,
          retry: ASKED_AGAIN,
          sequence: { groupOrder: 2 },
          include: ["test/e2e/**/*.test.ts", "test/desktop/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
