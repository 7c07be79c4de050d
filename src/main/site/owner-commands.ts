import type { Milliamp } from "../../core/units/index.ts";
import type { Clock, CommandReply } from "../devices/ports.ts";
import { OWNER_TOKEN } from "./access.ts";
import type { Engine } from "./engine.types.ts";
import type { OwnerWishes } from "./owner-wishes.ts";
import type { SessionRecorder } from "./recorder.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

type OwnerCommands = Pick<
  Engine,
  "start" | "stop" | "unlock" | "reset" | "setManualLimit" | "setNeed" | "switchPhases" | "wakeUp"
>;

const unknownStation: CommandReply = { ok: false, code: "invalid", retry: false, detail: "no such station" };

const unsupported = (what: string): CommandReply => ({
  ok: false,
  code: "not-supported",
  retry: false,
  detail: `${what} is not possible with this station`,
});

/** What the owner can tell a station. Boxes with transactions are asked; for the others we decide and the limit follows. */
export function createOwnerCommands(context: {
  readonly site: SiteState;
  readonly recorder: SessionRecorder;
  readonly clock: Clock;
  readonly wishes: OwnerWishes;
  readonly hurry: () => void;
}): OwnerCommands {
  const { site, recorder, clock, wishes, hurry } = context;
  const withStation = async (
    stationId: string,
    act: (state: StationState) => Promise<CommandReply>,
  ): Promise<CommandReply> => {
    const state = site.stations.get(stationId);
    return state === undefined ? unknownStation : act(state);
  };
  const ask = async (
    stationId: string,
    act: (port: NonNullable<StationState["port"]>) => Promise<CommandReply>,
  ): Promise<CommandReply> =>
    withStation(stationId, (state) =>
      state.port === null
        ? Promise.resolve({ ok: false, code: "offline", retry: true, detail: "not connected yet" })
        : act(state.port),
    );

  const startBox = (state: StationState, idToken: string | null): CommandReply => {
    if (!isPlugged(state)) return { ok: false, code: "rejected", retry: true, detail: "no car is plugged in" };
    const now_ms = clock.now_ms();
    state.allowed = { idToken };
    state.stoppedByOwner = false;
    wishes.follow();
    recorder.take(state, { kind: "plugged-in", at_ms: now_ms, received_at_ms: now_ms, idToken });
    hurry();
    return { ok: true };
  };
  const stopBox = (state: StationState): CommandReply => {
    const now_ms = clock.now_ms();
    state.stoppedByOwner = true;
    wishes.follow();
    recorder.take(state, { kind: "ended", reason: "Remote", at_ms: now_ms, received_at_ms: now_ms });
    hurry();
    return { ok: true };
  };
  return {
    start: (stationId, idToken) =>
      withStation(stationId, (state) =>
        state.port?.reportsTransactions === true
          ? state.port.start(idToken ?? OWNER_TOKEN)
          : Promise.resolve(startBox(state, idToken)),
      ),
    stop: (stationId) =>
      withStation(stationId, (state) =>
        state.port?.reportsTransactions === true ? state.port.stop() : Promise.resolve(stopBox(state)),
      ),
    unlock: (stationId) => ask(stationId, (port) => port.unlock()),
    reset: (stationId, kind) => ask(stationId, (port) => port.reset(kind)),
    switchPhases: (stationId, phases) =>
      ask(stationId, async (port) => (await port.switchPhases?.(phases)) ?? unsupported("switching phases")),
    wakeUp: (stationId) => ask(stationId, async (port) => (await port.wakeUp?.()) ?? unsupported("waking the car")),
    ...wishCommands(context),
  };
}

type WishContext = { readonly site: SiteState; readonly wishes: OwnerWishes; readonly hurry: () => void };

/** What is kept until it is taken back. */
function wishCommands({ site, wishes, hurry }: WishContext): Pick<OwnerCommands, "setNeed" | "setManualLimit"> {
  return {
    setNeed: (stationId, declared) => {
      const state = site.stations.get(stationId);
      if (state === undefined || !isPlugged(state)) return false;
      state.declared = declared;
      // It is expected anew before the next decision.
      state.expected = null;
      wishes.follow();
      hurry();
      return true;
    },
    setManualLimit: (stationId: string, limit_mA: Milliamp | null, until_ms: number | null) => {
      const state = site.stations.get(stationId);
      if (state === undefined) return;
      state.manualLimit = limit_mA === null ? null : { limit_mA, until_ms };
      wishes.follow();
      hurry();
    },
  };
}
