import { defineConfig } from "vitest/config";

/** Tests on wires mostly wait for clocks and watchdogs: more of them than there are cores can run at once. */
const WAITING_TESTS_AT_ONCE = 3;

/** What `expect.poll` waits for comes at once on a quiet machine, and at some time on one that runs everything together. */
const PATIENT = { poll: { timeout: 30_000 } };

/** Three projects: unit tests beside the code, what spans rooms, and what drives a browser (one file at a time). */
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
          name: "integration",
          environment: "node",
          expect: PATIENT,
          maxWorkers: WAITING_TESTS_AT_ONCE,
          sequence: { groupOrder: 1 },
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/desktop/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          environment: "node",
          expect: PATIENT,
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
