import { displayState, chargingStatus, type DisplayState } from "../../contract/index.ts";
import type { Declared } from "../../core/balancing/index.ts";
import { epochMs, milliamp, millisecond, after, wattHour } from "../../core/units/index.ts";
import type { CommandReply } from "../devices/ports.ts";
import type { Application, Engine } from "../site/engine.types.ts";
import type { SessionFilter, StationDetail } from "../../contract/index.ts";
import { badField, type Implementer, siteOf } from "./base.ts";

const STRIP_ms = 24 * 3_600_000;
const LAST_SESSIONS = 5;

/** One station in detail, its commands, and stations that wait to be adopted. */
export function stationsGroup(contract: Implementer, app: Application) {
  return {
    ...detailProcedures(contract, app),
    ...commandProcedures(contract, app),
    ...adoptionProcedures(contract, app),
  };
}

function detailProcedures({ stations }: Implementer, app: Application) {
  return {
    detail: stations.detail.handler(({ input, errors }) => {
      const engine = siteOf(app);
      const known = engine.stationDetail(input.stationId);
      if (known === null) throw errors.NOT_FOUND();
      const filter: SessionFilter = { ...EVERY_SESSION, stationIds: [input.stationId] };
      const lastSessions = engine.stores.sessions.list(filter, { cursor: null, limit: LAST_SESSIONS }).rows;
      return { ...known, strip: stripOf(engine, input.stationId), lastSessions };
    }),
    grants: stations.grants.handler(({ input, errors }) => {
      const engine = siteOf(app);
      if (!engine.hasStation(input.stationId)) throw errors.NOT_FOUND();
      return engine.stores.grants
        .list(input.stationId, input.limit)
        .map(({ because, ...grant }) => ({ ...grant, because: [...because] }));
    }),
    setNeed: stations.setNeed.handler(({ input, errors }) => {
      const engine = siteOf(app);
      if (!engine.hasStation(input.stationId)) throw errors.NOT_FOUND();
      if (!engine.setNeed(input.stationId, declaredBy(input))) throw errors.NO_CAR();
      return ACCEPTED;
    }),
    health: stations.health.handler(() => siteOf(app).health()),
  };
}

function commandProcedures({ stations }: Implementer, app: Application) {
  return {
    start: stations.start.handler(async ({ input, errors }) => {
      const reply = await command(
        app,
        input.stationId,
        (engine) => engine.start(input.stationId, input.idToken),
        errors.NOT_FOUND,
      );
      if (!reply.ok) throw errors.DEVICE_FAILED({ data: failure(reply) });
      return ACCEPTED;
    }),
    stop: stations.stop.handler(async ({ input, errors }) => {
      const reply = await command(app, input.stationId, (engine) => engine.stop(input.stationId), errors.NOT_FOUND);
      if (!reply.ok) throw errors.DEVICE_FAILED({ data: failure(reply) });
      return ACCEPTED;
    }),
    unlock: stations.unlock.handler(async ({ input, errors }) => {
      const reply = await command(app, input.stationId, (engine) => engine.unlock(input.stationId), errors.NOT_FOUND);
      if (!reply.ok) throw errors.DEVICE_FAILED({ data: failure(reply) });
      return ACCEPTED;
    }),
    reset: stations.reset.handler(async ({ input, errors }) => {
      const reply = await command(
        app,
        input.stationId,
        (engine) => engine.reset(input.stationId, input.kind),
        errors.NOT_FOUND,
      );
      if (!reply.ok) throw errors.DEVICE_FAILED({ data: failure(reply) });
      return ACCEPTED;
    }),
    switchPhases: stations.switchPhases.handler(async ({ input, errors }) => {
      const reply = await command(
        app,
        input.stationId,
        (engine) => engine.switchPhases(input.stationId, input.phases),
        errors.NOT_FOUND,
      );
      if (!reply.ok) throw errors.DEVICE_FAILED({ data: failure(reply) });
      return ACCEPTED;
    }),
    wakeUp: stations.wakeUp.handler(async ({ input, errors }) => {
      const reply = await command(app, input.stationId, (engine) => engine.wakeUp(input.stationId), errors.NOT_FOUND);
      if (!reply.ok) throw errors.DEVICE_FAILED({ data: failure(reply) });
      return ACCEPTED;
    }),
    setManualLimit: stations.setManualLimit.handler(({ input, errors }) => {
      const engine = siteOf(app);
      if (!engine.hasStation(input.stationId)) throw errors.NOT_FOUND();
      const until_ms = input.for_ms === null ? null : after(engine.clock.now_ms(), millisecond(input.for_ms));
      engine.setManualLimit(input.stationId, input.limit_mA === null ? null : milliamp(input.limit_mA), until_ms);
      return { limit_mA: input.limit_mA };
    }),
  };
}

function adoptionProcedures({ stations }: Implementer, app: Application) {
  return {
    waiting: stations.waiting.handler(() => siteOf(app).waiting()),
    adopt: stations.adopt.handler(({ input, errors }) => {
      const adopted = siteOf(app).adopt(input);
      switch (adopted) {
        case "ok":
          return { stationId: input.id };
        case "not-found":
          throw errors.NOT_FOUND();
        case "conflict":
          throw errors.CONFLICT();
        case "circuit-unknown":
          throw badField("circuitId", "there is no such circuit");
        case "invalid":
          throw badField("rotation", "phases, rotation and currents do not fit together");
      }
    }),
  };
}

function declaredBy({ departure_ms, needed_Wh }: Said): Declared | null {
  if (departure_ms === null && needed_Wh === null) return null;
  return {
    departure_ms: departure_ms === null ? null : epochMs(departure_ms),
    needed_Wh: needed_Wh === null ? null : wattHour(needed_Wh),
  };
}
type Said = { readonly departure_ms: number | null; readonly needed_Wh: number | null };

const ACCEPTED = { accepted: true } as const;
const EVERY_SESSION: SessionFilter = {
  from_ms: null,
  to_ms: null,
  stationIds: [],
  customerId: null,
  state: "all",
  text: "",
};

function command(
  app: Application,
  stationId: string,
  run: (engine: Engine) => Promise<CommandReply>,
  notFound: () => Error,
): Promise<CommandReply> {
  const engine = siteOf(app);
  if (!engine.hasStation(stationId)) throw notFound();
  return run(engine);
}

const failure = ({ code, retry, detail }: Extract<CommandReply, { ok: false }>) => ({ code, retry, detail });

/** State changes as stretches that follow on each other without gaps; the last one is open. */
function stripOf({ stores, clock }: Engine, stationId: string): StationDetail["strip"] {
  const since_ms = Math.max(0, clock.now_ms() - STRIP_ms);
  const changes = stores.stationLog.states(stationId, epochMs(since_ms)).flatMap(({ at_ms, state, status }) => {
    const known = displayState.safeParse(state);
    return known.success ? [{ at_ms, state: known.data, status: chargingStatus.safeParse(status).data ?? null }] : [];
  });
  return changes.map(
    (
      {
        at_ms,
        state,
        status,
      }: { at_ms: number; state: DisplayState; status: StationDetail["strip"][number]["status"] },
      index,
    ) => ({
      from_ms: Math.max(at_ms, since_ms),
      to_ms: changes[index + 1]?.at_ms ?? null,
      state,
      status,
    }),
  );
}
