import { milliamp, wattHour, type WattHour } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { OcppStation } from "./ocpp-station.ts";
import { PERSONALITIES, PERSONALITIES_201, type Personality } from "./personalities.ts";
import { createRandom, type Random } from "./random.ts";

// Many boxes with all the bad habits mixed, cars that come and go, lines that break and boxes that restart: what a
// central system must bear without losing a session or telling one twice.

const PHASES = 3;
const CURRENT_MA_MAX = 32_000;
const FIRST_REGISTER_WH = 1_000_000;
const PLAIN: Personality = { id: "plain", vendor: "Example Works", model: "AC22", firmware: "1.0", quirks: {} };
/** Every kind of box there is, in turn. */
const KINDS: readonly Personality[] = [...PERSONALITIES, PLAIN, ...PERSONALITIES_201];
/** Simulated milliseconds. */
const STAY_MS = [4 * 60_000, 15 * 60_000] as const;
const EMPTY_MS = [60_000, 5 * 60_000] as const;
const LINE_WORKS_MS = [8 * 60_000, 30 * 60_000] as const;
const LINE_IS_CUT_MS = [60_000, 4 * 60_000] as const;
/** Of the breaks so many in a thousand are restarts of the box. */
const RESTART_PERMILLE = 300;
const MAINS_MV = [230_000, 230_000, 230_000] as const;

/** A transaction as the box itself had it. */
export type TrueTransaction = {
  readonly idToken: string;
  readonly started_at_ms: number;
  readonly meterStart_Wh: WattHour;
  meterStop_Wh: WattHour | null;
  /** What its car took, by the car's own account. */
  received_Wh: number;
};
export type CrowdMember = {
  readonly identity: string;
  readonly personality: Personality;
  readonly box: OcppStation;
  readonly truth: readonly TrueTransaction[];
};
export type OcppCrowd = {
  readonly members: readonly CrowdMember[];
  /** Lines cut and boxes restarted so far. */
  mishaps(): number;
  connect(ocppUrl: string): void;
  /** Moves every box and car on to the clock's time. */
  step(): void;
  /** The last cars leave and every line is mended; goes on with `step` until `isQuiet`. */
  sendHome(): void;
  /** No transaction runs and every box has said all it had to say. */
  isQuiet(): boolean;
  close(): Promise<void>;
};

type Member = CrowdMember & {
  readonly truth: TrueTransaction[];
  readonly random: Random;
  running: { readonly of: object; readonly entry: TrueTransaction; readonly before_Wh: number } | null;
  mishaps: number;
  cut: boolean;
  carDue_ms: number;
  lineDue_ms: number;
  stepped_ms: number;
};

/** `count` boxes, the ten personalities, a plain one and those of 2.0.1 in turn; the same seed makes the same crowd. */
export function createOcppCrowd(options: {
  readonly count: number;
  readonly clock: Clock;
  readonly seed: number;
}): OcppCrowd {
  const { count, clock, seed } = options;
  const members = Array.from({ length: count }, (_, index) => createMember(index, clock, seed));
  let isOver = false;
  return {
    members,
    mishaps: () => members.reduce((sum, one) => sum + one.mishaps, 0),
    connect(ocppUrl) {
      for (const { box } of members) box.connect(ocppUrl);
    },
    step() {
      const now_ms = clock.now_ms();
      for (const member of members) {
        watch(member);
        if (!isOver) live(member, now_ms);
        member.box.tick(now_ms);
        // Before more flows: the register of the moment is what the box has told.
        watch(member);
        member.box.evse.step(now_ms, now_ms - member.stepped_ms, MAINS_MV);
        member.stepped_ms = now_ms;
      }
    },
    sendHome() {
      isOver = true;
      for (const member of members) {
        watch(member);
        member.box.unplug();
        watch(member);
        member.box.restore();
      }
    },
    isQuiet: () =>
      members.every(({ box }) => {
        const { transaction, waitingMessages, accepted, connected } = box.snapshot();
        return transaction === null && waitingMessages === 0 && accepted && connected;
      }),
    async close() {
      await Promise.all(members.map(({ box }) => box.close()));
    },
  };
}

function createMember(index: number, clock: Clock, seed: number): Member {
  const identity = `CROWD-${String(index).padStart(3, "0")}`;
  const personality = KINDS[index % KINDS.length] ?? PLAIN;
  const { vendor, model, firmware, quirks, version = "1.6", rude = false, duplicates = false } = personality;
  const random = createRandom(seed, "crowd", identity);
  const now_ms = clock.now_ms();
  const box = new OcppStation({
    identity,
    version,
    clock,
    phases: PHASES,
    current_mA_max: CURRENT_MA_MAX,
    unmanaged_mA: CURRENT_MA_MAX,
    register_Wh: wattHour(FIRST_REGISTER_WH + index * 1000),
    vendor,
    model,
    firmware,
    quirks,
    rude,
    duplicates,
  });
  return {
    identity,
    personality,
    box,
    truth: [],
    random,
    running: null,
    mishaps: 0,
    cut: false,
    carDue_ms: now_ms + random.between(...EMPTY_MS),
    lineDue_ms: now_ms + random.between(...LINE_WORKS_MS),
    stepped_ms: now_ms,
  };
}

/** Cars and mishaps whose time has come. */
function live(member: Member, now_ms: number): void {
  const { box, random } = member;
  if (now_ms >= member.carDue_ms) {
    const leaves = box.evse.plugged;
    if (leaves) box.unplug();
    else box.plugIn(randomCar(random), `CARD${String(random.whole(1, 50))}`);
    member.carDue_ms = now_ms + random.between(...(leaves ? EMPTY_MS : STAY_MS));
  }
  if (now_ms < member.lineDue_ms) return;
  if (member.cut) {
    member.cut = false;
    box.restore();
    member.mishaps -= 1;
  } else if (random.chance(RESTART_PERMILLE / 1000)) box.reboot("HardReset");
  else {
    member.cut = true;
    void box.cut();
  }
  member.mishaps += 1;
  member.lineDue_ms = now_ms + random.between(...(member.cut ? LINE_IS_CUT_MS : LINE_WORKS_MS));
}

const randomCar = (random: Random): Parameters<OcppStation["plugIn"]>[0] => ({
  seed: random.whole(1, 1_000_000),
  soc_permille: random.whole(100, 500),
  model: {
    name: "crowd",
    phases: random.pick([1, 3]),
    current_mA_max: milliamp(random.pick([10_000, 16_000, 32_000])),
    battery_Wh: 60_000,
    target_permille: 1000,
    follow_ms: [2000, 5000],
    resume_ms: 0,
    pausesItself: false,
    overdraw_permille: 0,
  },
});

/** Notes when a transaction of the box begins and with which register it ends. */
function watch(member: Member): void {
  const transaction = member.box.transaction;
  if (member.running !== null && member.box.evse.plugged)
    member.running.entry.received_Wh = member.box.evse.received_Wh - member.running.before_Wh;
  if (transaction === (member.running?.of ?? null)) return;
  if (member.running !== null) member.running.entry.meterStop_Wh = member.box.evse.register_Wh;
  member.running = null;
  if (transaction === null) return;
  const { idToken, started_at_ms, meterStart_Wh } = transaction;
  const entry: TrueTransaction = { idToken, started_at_ms, meterStart_Wh, meterStop_Wh: null, received_Wh: 0 };
  member.truth.push(entry);
  member.running = { of: transaction, entry, before_Wh: member.box.evse.received_Wh };
}
