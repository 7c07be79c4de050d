/** What goes first on a shared line. A limit that must fall outruns everything but the running transaction. */
export const BUS_PRIORITIES = [
  "safety",
  "heartbeat",
  "state",
  "limit-up",
  "power",
  "energy",
  "identity",
  "scan",
] as const;
export type BusPriority = (typeof BUS_PRIORITIES)[number];

/** Jobs a bus holds at most: about three polls of a full line of 32 devices. */
export const BUS_QUEUE_MAX = 256;
/**
 * A job that has waited this long (time of the app's clock) goes before newer state polls, so that a line with more
 * polls than it can carry still raises limits and reads energy.
 */
export const STARVED_AFTER_ms = 1_000;

export type QueuedJob = { readonly priority: BusPriority; readonly queued_at_ms: number };

export interface BusQueue<T extends QueuedJob> {
  readonly size: number;
  /** Puts `job` in; answers the job that must give way when the queue is full (it may be `job` itself). */
  add(job: T): T | null;
  /** Removes the job to run next among those `isReady` accepts. */
  take(now_ms: number, isReady: (job: T) => boolean): T | null;
  /** Removes all jobs for which `matches` holds. */
  drain(matches: (job: T) => boolean): readonly T[];
}

const rank = (job: QueuedJob): number => BUS_PRIORITIES.indexOf(job.priority);
const STATE_RANK = BUS_PRIORITIES.indexOf("state");

/**
 * First by priority, then by age; after `starvedAfter_ms` of real time waiting counts more than priority. A scan only
 * ever takes time that nobody else wants.
 */
export function createBusQueue<T extends QueuedJob>(starvedAfter_ms: number): BusQueue<T> {
  let jobs: T[] = [];
  return {
    get size() {
      return jobs.length;
    },
    add(job) {
      jobs.push(job);
      if (jobs.length <= BUS_QUEUE_MAX) return null;
      // The newest of the least urgent gives way.
      const worst = jobs.reduce((a, b) => (rank(b) >= rank(a) ? b : a));
      jobs = jobs.filter((one) => one !== worst);
      return worst;
    },
    take(now_ms, isReady) {
      const starved = (job: T): boolean => job.priority !== "scan" && now_ms - job.queued_at_ms >= starvedAfter_ms;
      const order = (job: T): number => (starved(job) ? Math.min(rank(job), STATE_RANK - 0.5) : rank(job));
      let best: T | null = null;
      for (const job of jobs) if (isReady(job) && (best === null || order(job) < order(best))) best = job;
      if (best !== null) jobs.splice(jobs.indexOf(best), 1);
      return best;
    },
    drain(matches) {
      const out = jobs.filter(matches);
      if (out.length > 0) jobs = jobs.filter((job) => !matches(job));
      return out;
    },
  };
}
