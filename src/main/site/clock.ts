import { assert, epochMs, type EpochMs } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";

/** Longest stretch of real time credited between two ticks: when the process stalls, its world stalls with it. */
const CREDIT_ms_max = 100;
/** Ticks at least this often while running scaled, so that an idle process is not mistaken for a stalled one. */
const TICK_ms = 50;
/** Cancelled waiters are swept out of the heap once there are this many and they are the majority. */
const SWEEP_MIN = 64;

export type RunningClock = Clock & {
  /** Ends the clock's own timer; sleepers are released at once. */
  close(): void;
};

type Waiter = { readonly due_ms: number; readonly resolve: () => void; cancelled: boolean };

/**
 * The one clock of the app. `speed` 1 without `start_ms` is the wall clock; otherwise a clock that starts at `start_ms`
 * (default: now) and runs `speed` times as fast as real time, never backwards, never more than 100 ms of real time per
 * tick of the event loop.
 */
export function createClock(options: {
  readonly speed: number;
  readonly start_ms?: number;
  /** Instead of the 100 ms: less lets wires keep pace with a world that is simulated on too few cores. */
  readonly credit_ms_max?: number;
}): RunningClock {
  assert(Number.isFinite(options.speed) && options.speed > 0, "the clock runs forward");
  const real = options.speed === 1 && options.start_ms === undefined;
  return real
    ? createWallClock()
    : createScaledClock(options.speed, options.start_ms ?? Date.now(), options.credit_ms_max ?? CREDIT_ms_max);
}

function createWallClock(): RunningClock {
  const release = new Set<() => void>();
  return {
    now_ms: () => epochMs(Date.now()),
    real_ms: (duration_ms) => duration_ms,
    sleep: (duration_ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          release.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.max(0, duration_ms));
        signal?.addEventListener("abort", done, { once: true });
        release.add(done);
      }),
    close() {
      for (const done of [...release]) done();
    },
  };
}

function createScaledClock(speed: number, start_ms: number, credit_ms_max: number): RunningClock {
  const waiters = createWaiters();
  let base_ms = start_ms;
  let ticked_real_ms = performance.now();
  let timer: NodeJS.Timeout | null = null;
  let armedFor_ms = Infinity;
  let closed = false;

  /** Within one tick of the event loop the credit is bounded as a whole, however often somebody asks. */
  const now = (): number => base_ms + Math.min(performance.now() - ticked_real_ms, credit_ms_max) * speed;

  const arm = (): void => {
    if (timer !== null) clearTimeout(timer);
    const next_ms = waiters.nextDue_ms();
    armedFor_ms = next_ms;
    const wait_ms = Math.min(TICK_ms, credit_ms_max, Math.max(0, (next_ms - now()) / speed));
    timer = setTimeout(tick, wait_ms);
    // Nobody waits: the clock alone must not keep the process alive.
    if (next_ms === Infinity) timer.unref();
  };
  const tick = (): void => {
    base_ms = now();
    ticked_real_ms = performance.now();
    waiters.releaseUntil(base_ms);
    if (!closed) arm();
  };

  arm();
  return {
    now_ms: () => epochMs(Math.floor(now())),
    real_ms: (duration_ms) => duration_ms / speed,
    sleep(duration_ms, signal) {
      if (closed) return Promise.resolve();
      const due_ms = now() + Math.max(0, duration_ms);
      const slept = waiters.wait(due_ms, signal);
      if (due_ms < armedFor_ms) arm();
      return slept;
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      waiters.releaseUntil(Infinity);
    },
  };
}

export type VirtualClock = Clock & {
  /** Moves time on by `duration_ms`, waking every sleeper at its own instant, in order, and letting it run. */
  advance(duration_ms: number): Promise<void>;
};

/** A clock for tests: time stands still until `advance`. */
export function createVirtualClock(start_ms = 0): VirtualClock {
  const waiters = createWaiters();
  let now_ms: EpochMs = epochMs(start_ms);
  return {
    now_ms: () => now_ms,
    real_ms: () => 0,
    sleep: (duration_ms, signal) => waiters.wait(now_ms + Math.max(0, duration_ms), signal),
    async advance(duration_ms) {
      const target_ms = now_ms + duration_ms;
      await settled();
      while (waiters.nextDue_ms() <= target_ms) {
        now_ms = epochMs(Math.max(now_ms, Math.ceil(waiters.nextDue_ms())));
        waiters.releaseUntil(now_ms);
        await settled();
      }
      now_ms = epochMs(target_ms);
    },
  };
}

/** One turn of the event loop: promises that were ready have run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Sleepers by due time, aborted ones forgotten: one timer serves them all. */
function createWaiters() {
  const heap = createHeap();
  let cancelled = 0;

  const nextDue_ms = (): number => {
    for (let first = heap.first(); first !== undefined; first = heap.first()) {
      if (!first.cancelled) return first.due_ms;
      heap.pop();
      cancelled -= 1;
    }
    return Infinity;
  };
  const cancel = (waiter: Waiter): void => {
    waiter.cancelled = true;
    cancelled += 1;
    if (cancelled <= SWEEP_MIN || cancelled * 2 <= heap.size()) return;
    heap.keep((one) => !one.cancelled);
    cancelled = 0;
  };

  return {
    nextDue_ms,
    releaseUntil(now_ms: number): void {
      while (heap.size() > 0 && nextDue_ms() <= now_ms) heap.pop()?.resolve();
    },
    wait(due_ms: number, signal: AbortSignal | undefined): Promise<void> {
      return new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const abort = (): void => {
          cancel(waiter);
          resolve();
        };
        const waiter: Waiter = {
          due_ms,
          cancelled: false,
          resolve: () => {
            signal?.removeEventListener("abort", abort);
            resolve();
          },
        };
        signal?.addEventListener("abort", abort, { once: true });
        heap.push(waiter);
      });
    },
  };
}

/** A binary heap, earliest first. */
function createHeap() {
  let heap: Waiter[] = [];

  const at = (index: number): Waiter => {
    const waiter = heap[index];
    assert(waiter !== undefined, "the heap holds what it counts");
    return waiter;
  };
  const swap = (a: number, b: number): void => {
    const kept = at(a);
    heap[a] = at(b);
    heap[b] = kept;
  };
  const sink = (from: number): void => {
    for (let index = from; 2 * index + 1 < heap.length;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const smaller = right < heap.length && at(right).due_ms < at(left).due_ms ? right : left;
      if (at(index).due_ms <= at(smaller).due_ms) return;
      swap(index, smaller);
      index = smaller;
    }
  };
  const push = (waiter: Waiter): void => {
    for (let index = heap.push(waiter) - 1; index > 0;) {
      const parent = (index - 1) >> 1;
      if (at(parent).due_ms <= at(index).due_ms) return;
      swap(parent, index);
      index = parent;
    }
  };
  return {
    push,
    size: (): number => heap.length,
    first: (): Waiter | undefined => heap[0],
    pop(): Waiter | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) {
        heap[0] = last;
        sink(0);
      }
      return first;
    },
    keep(wanted: (waiter: Waiter) => boolean): void {
      const kept = heap.filter(wanted);
      heap = [];
      for (const waiter of kept) push(waiter);
    },
  };
}
