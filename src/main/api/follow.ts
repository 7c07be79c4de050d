import type { LiveUpdate } from "../../contract/index.ts";
import type { Application, Engine } from "../site/engine.types.ts";

// A slow client costs one waiting value at most: what it has not taken yet is merged into, or replaced by, the newer one.

/** How a subscription is made from a site. Without `merge` every change sends the whole again. */
export type View<T> = {
  readonly whole: (engine: Engine) => T;
  readonly merge: ((waiting: T | null, update: LiveUpdate) => T) | null;
};

type Waiting<T> =
  | { readonly kind: "nothing" }
  | { readonly kind: "whole"; readonly engine: Engine }
  | { readonly kind: "change"; readonly value: T };

/**
 * Values of the running site until `signal` aborts: first the whole, then changes. When the engine behind the API is
 * replaced it goes on with the whole of the new one; while there is none it waits.
 */
export async function* followEngine<T>(
  app: Application,
  signal: AbortSignal | undefined,
  view: View<T>,
): AsyncGenerator<T, void> {
  const bell = createBell(signal);
  let waiting: Waiting<T> = { kind: "nothing" };
  let attached: Engine | null = null;
  let leaveEngine: () => void = () => undefined;
  const attach = (): void => {
    const engine = app.engine();
    if (engine === attached) return;
    leaveEngine();
    attached = engine;
    waiting = engine === null ? { kind: "nothing" } : { kind: "whole", engine };
    leaveEngine =
      engine?.onLive((update) => {
        waiting = afterUpdate(view, waiting, engine, update);
        bell.ring();
      }) ?? (() => undefined);
    bell.ring();
  };
  const take = (): Waiting<T> => {
    const taken = waiting;
    waiting = { kind: "nothing" };
    return taken;
  };
  const leaveApp = app.onChange(attach);
  try {
    attach();
    while (!bell.isOver()) {
      const next = take();
      if (next.kind === "nothing") await bell.rung();
      else yield next.kind === "whole" ? view.whole(next.engine) : next.value;
    }
  } finally {
    leaveApp();
    leaveEngine();
    bell.remove();
  }
}

/** What the page may be told of the app: at once, and whenever the engine behind it was replaced. */
export async function* followApp<T>(
  app: Application,
  signal: AbortSignal | undefined,
  view: () => T,
): AsyncGenerator<T, void> {
  const bell = createBell(signal);
  const leave = app.onChange(bell.ring);
  try {
    while (!bell.isOver()) {
      yield view();
      await bell.rung();
    }
  } finally {
    leave();
    bell.remove();
  }
}

function afterUpdate<T>(view: View<T>, waiting: Waiting<T>, engine: Engine, update: LiveUpdate): Waiting<T> {
  // A whole not taken yet is made when it is taken, so this change is in it.
  if (waiting.kind === "whole" || view.merge === null) return { kind: "whole", engine };
  return { kind: "change", value: view.merge(waiting.kind === "change" ? waiting.value : null, update) };
}

/** The newer update with the stations of the older one that did not change again. */
export function mergeUpdates(waiting: LiveUpdate | null, update: LiveUpdate): LiveUpdate {
  if (waiting === null || update.full) return update;
  const newer = new Map(update.stations.map((station) => [station.stationId, station]));
  const kept = waiting.stations.map((station) => newer.get(station.stationId) ?? station);
  const known = new Set(kept.map(({ stationId }) => stationId));
  return {
    ...update,
    full: waiting.full,
    stations: [...kept, ...update.stations.filter(({ stationId }) => !known.has(stationId))],
  };
}

type Bell = {
  readonly ring: () => void;
  /** Resolves at once when it rang since the last time, or is over. */
  readonly rung: () => Promise<void>;
  readonly isOver: () => boolean;
  readonly remove: () => void;
};

function createBell(signal: AbortSignal | undefined): Bell {
  let hasRung = false;
  let wake: () => void = () => undefined;
  const ring = (): void => {
    hasRung = true;
    wake();
  };
  const isOver = (): boolean => signal?.aborted === true;
  signal?.addEventListener("abort", ring);
  return {
    ring,
    rung: async () => {
      if (!hasRung && !isOver()) await new Promise<void>((resolve) => (wake = resolve));
      hasRung = false;
    },
    isOver,
    remove: () => {
      signal?.removeEventListener("abort", ring);
    },
  };
}
