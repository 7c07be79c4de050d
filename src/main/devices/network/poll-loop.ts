import type { Clock } from "../ports.ts";
import {
  missed,
  NOT_YET_REACHED,
  probePause_ms,
  reached,
  SILENCE_TO_OFFLINE_ms,
  type Liveness,
} from "../modbus/liveness.ts";

export type PollAnswer = "answered" | "missed";

export type PollBehaviour = {
  /** Finds the device and sets it up. */
  readonly find: () => Promise<PollAnswer>;
  /** It is set up and counts as there from now on. */
  readonly online: () => void;
  readonly poll: () => Promise<PollAnswer>;
  readonly lost: () => void;
};

export interface PollLoop {
  readonly liveness: Liveness;
  /** Ends after the exchange that is under way. */
  stop(): Promise<void>;
}

/** Asks one device for ever, once per `period_ms` of the app's clock, and backs off while it is silent. */
export function startPollLoop(options: {
  readonly clock: Clock;
  readonly period_ms: number;
  readonly startAfter_ms: number;
  /** Real milliseconds one unanswered poll takes. */
  readonly timeout_ms: number;
  readonly behaviour: PollBehaviour;
}): PollLoop {
  const { clock, period_ms, timeout_ms, behaviour } = options;
  const nap = new AbortController();
  let liveness: Liveness = NOT_YET_REACHED;
  let announcedLost = false;
  const stopped = (): boolean => nap.signal.aborted;
  // Where two time-outs alone outlast 15 s of a fast clock they may pass.
  const silence_ms_max = Math.max(SILENCE_TO_OFFLINE_ms, (2 * timeout_ms) / clock.real_ms(1));

  const miss = (): void => {
    liveness = missed(liveness, clock.now_ms(), silence_ms_max);
    if (liveness.kind !== "offline" || announcedLost || stopped()) return;
    announcedLost = true;
    behaviour.lost();
  };
  const find = async (): Promise<void> => {
    if ((await behaviour.find()) === "missed") {
      miss();
      return;
    }
    if (stopped()) return;
    liveness = reached(clock.now_ms());
    announcedLost = false;
    behaviour.online();
  };
  const cycle = async (): Promise<void> => {
    const started_ms = clock.now_ms();
    if (liveness.kind === "offline") await find();
    if (stopped()) return;
    if (liveness.kind !== "offline") {
      if ((await behaviour.poll()) === "answered") liveness = reached(clock.now_ms());
      else miss();
    }
    const isThere = liveness.kind !== "offline";
    await clock.sleep(
      Math.max(0, isThere ? started_ms + period_ms - clock.now_ms() : probePause_ms(liveness)),
      nap.signal,
    );
  };
  const run = async (): Promise<void> => {
    await clock.sleep(options.startAfter_ms, nap.signal);
    while (!stopped()) await cycle();
  };
  const running = run();
  return {
    get liveness() {
      return liveness;
    },
    async stop() {
      nap.abort();
      await running;
    },
  };
}
