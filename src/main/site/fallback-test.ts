import type { EpochMs } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { FallbackTest } from "../storage/commissioning-types.ts";
import type { SiteState } from "./state.ts";

export type FallbackRefusal = "not-found" | "busy" | "offline" | "no-car" | "no-register" | "too-little" | "not-silent";

export type RunningFallbackTest = {
  readonly stationId: string;
  readonly stage: "cut" | "silent" | "reconnect";
  readonly started_at_ms: EpochMs;
  readonly until_ms: EpochMs;
};

export type FallbackTests = {
  /** Begins the run; it ends by itself. */
  start(stationId: string, author: string): "ok" | FallbackRefusal;
  cancel(): Promise<void>;
  running(): RunningFallbackTest | null;
};

type Options = {
  readonly site: SiteState;
  readonly clock: Clock;
  readonly keep: (test: FallbackTest) => void;
  readonly hurry: () => void;
  readonly onError: (error: unknown) => void;
};

/** One test at a time. */
export function createFallbackTests(_options: Options): FallbackTests {
  return { start: () => "busy", cancel: () => Promise.resolve(), running: () => null };
}
