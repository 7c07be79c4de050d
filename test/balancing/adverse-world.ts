import {
  acknowledged,
  clockJumped,
  escalate,
  forgotten,
  missed,
  plan,
  sent,
  settled,
  withOverdraw,
  worstCase_mA,
} from "../../src/core/balancing/index.ts";
import type { AllocationCircuit, BoxView, Command, Participant } from "../../src/core/balancing/index.ts";
import type { Box, Message } from "./adverse-box.ts";
import { FALLBACK_MA, LAG_MS, MAX_MA, START_MS } from "./adverse-box.ts";
import type { Event } from "./adverse-events.ts";
import { epochMs, milliamp } from "../../src/core/units/index.ts";
import type { EpochMs } from "../../src/core/units/index.ts";

// A site at the mercy of a test: lines lose, delay and repeat what is said, boxes restart, cars draw what they like, and the
// targets are nonsense. Only the account stands between all that and the fuse, and after each event it is compared with
// what could flow in truth.

const FALLBACK_AFTER_MS = 60_000;
const READING_AGE_MS_MAX = 35_000;
const METER_AGE_MS_NO_RAISE = 3_000;
const CALL_TIMEOUT_MS = 8_000;
/** At most one raise in this time, so at most four a minute. */
const RAISE_GAP_MS = 15_000;

/** Breaks one rule of the guard on purpose, so that a test can show that it would be seen. */
export type Broken = Partial<{
  readonly plan: typeof plan;
  readonly settled: typeof settled;
  readonly acknowledged: typeof acknowledged;
  readonly worstCase_mA: typeof worstCase_mA;
  readonly forgotten: typeof forgotten;
}>;

export class World {
  readonly boxes: readonly Box[];
  private readonly guard: Required<Broken>;
  /** Time in truth and what our own clock is off by. */
  private now_ms = START_MS;
  private off_ms = 0;
  private base_mA = 0;
  private sample: { readonly base_mA: number; readonly at_ms: number } = { base_mA: 0, at_ms: START_MS };
  private readonly limits: Record<string, number> = { main: 63_000, sub: 40_000 };
  private targets: readonly number[] = [0, 0, 0, 0];

  constructor(boxes: readonly Box[], broken: Broken = {}) {
    this.boxes = boxes;
    this.guard = { plan, settled, acknowledged, worstCase_mA, forgotten, ...broken };
  }

  /** How many commands the guard has sent. */
  sentCommands = 0;

  /** A second in which nothing goes wrong: every message arrives, every car follows, every meter is read. */
  calmSecond(): string | null {
    for (let index = 0; index < this.boxes.length; index += 1) {
      const box = this.boxes[index];
      if (box === undefined) continue;
      this.tellRestart(box);
      this.happenTo({ do: "back", box: index });
      while (box.inFlight.length > 0) this.deliver(box, "now", false);
      // What a car follows is over after its time: it draws what the box offers now.
      box.reading = box.metered ? { drawn_mA: this.drawn(box, 1_000), at_ms: this.clock_ms } : null;
    }
    this.now_ms += 1_000;
    this.happen({ do: "sample" });
    return this.decide();
  }

  /** True when all targets fit at once, so that everybody may have his. */
  get targetsFit(): boolean {
    const sum = (circuit: string): number =>
      this.boxes.reduce((total, box, index) => {
        const target = withOverdraw(milliamp(this.targets[index] ?? 0), box);
        return circuit === "main" || box.circuit === circuit ? total + target : total;
      }, 0);
    return sum("main") + this.base_mA <= (this.limits["main"] ?? 0) && sum("sub") <= (this.limits["sub"] ?? 0);
  }

  get wanted(): readonly number[] {
    return this.targets;
  }

  /** Lets one thing happen, then the guard decide. Returns what does not hold afterwards. */
  step(event: Event): string | null {
    this.happen(event);
    this.timeOut();
    return this.decide();
  }

  private get clock_ms(): EpochMs {
    return epochMs(this.now_ms + this.off_ms);
  }

  private happen(event: Event): void {
    switch (event.do) {
      case "wait":
        this.now_ms += event.ms;
        for (const box of this.boxes) this.fallBackIfDue(box);
        return;
      case "targets":
        this.targets = event.targets;
        return;
      case "sample":
        this.sample = { base_mA: this.base_mA, at_ms: this.clock_ms };
        return;
      case "base":
        this.base_mA = event.current_mA;
        return;
      case "limit":
        this.limits[event.circuit === 0 ? "main" : "sub"] = event.current_mA;
        return;
      case "jump":
        this.off_ms += event.ms;
        for (const box of this.boxes) {
          box.entry = clockJumped(box.entry, { max_mA: milliamp(MAX_MA) });
          box.reading = null;
          box.raised_ms = null;
          box.heard_ms = this.clock_ms;
        }
        this.sample = { ...this.sample, at_ms: 0 };
        return;
      default:
        this.happenTo(event);
    }
  }

  private happenTo(event: Extract<Event, { readonly box: number }>): void {
    const box = this.boxes[event.box % this.boxes.length];
    if (box === undefined) return;
    switch (event.do) {
      case "deliver":
        this.deliver(box, event.reply, event.twice);
        return;
      case "reply":
        this.answer(box, box.replies.shift());
        return;
      case "lose":
        // TCP loses the last and everything after it, never one in the middle: the line is new then.
        box.inFlight = [];
        return;
      case "reading":
        if (!box.connected || !box.online || !box.metered) return;
        box.reading = { drawn_mA: this.drawn(box, event.permille), at_ms: this.clock_ms };
        box.heard_ms = this.clock_ms;
        return;
      case "plug":
        box.plugged = !box.plugged;
        box.lag = [];
        return;
      case "reboot":
        this.reboot(box, event.to, event.told);
        return;
      case "told":
        this.tellRestart(box);
        return;
      case "cut":
        this.cut(box, event.falls);
        return;
      case "back":
        if (box.online) return;
        Object.assign(box, { connected: true, online: true, inFlight: [], replies: [] });
        Object.assign(box, { silentSince_ms: null, fallsBackAt_ms: null, heard_ms: this.clock_ms });
        box.entry = this.guard.forgotten(box.entry, { max_mA: milliamp(MAX_MA) });
        return;
    }
  }

  /** What a car draws between nothing and all that the box lets it. */
  private drawn(box: Box, permille: number): number {
    const lagging = box.lag.filter((one) => one.until_ms > this.now_ms).map((one) => one.value);
    const most = withOverdraw(milliamp(Math.max(box.pilot_mA, ...lagging)), box);
    return box.plugged ? Math.floor((most * permille) / 1000) : 0;
  }

  private deliver(box: Box, reply: "now" | "late" | "lost", twice: boolean): void {
    const message = twice ? box.inFlight[0] : box.inFlight.shift();
    if (message === undefined || !box.connected) return;
    box.offers(message.value, this.now_ms);
    if (reply === "lost" || message.timedOut) return;
    if (reply === "late") box.replies.push(message);
    else this.answer(box, message);
  }

  private answer(box: Box, message: Message | undefined): void {
    if (message === undefined || message.timedOut || !box.online) return;
    box.heard_ms = this.clock_ms;
    box.entry = this.guard.acknowledged(box.entry, milliamp(message.value), this.clock_ms, message.commandNumber);
  }

  private timeOut(): void {
    for (const box of this.boxes)
      for (const message of [...box.inFlight, ...box.replies]) {
        if (message.timedOut || this.now_ms - message.sent_ms < CALL_TIMEOUT_MS) continue;
        message.timedOut = true;
        box.entry = missed(box.entry, message.commandNumber);
      }
  }

  private reboot(box: Box, to: "last" | "safe" | "max", told: boolean): void {
    if (!box.connected || !box.online || box.restartUntold) return;
    box.inFlight = [];
    box.replies = [];
    if (to !== "last") box.offers(to === "safe" ? FALLBACK_MA : MAX_MA, this.now_ms);
    box.restartUntold = true;
    if (told) this.tellRestart(box);
  }

  private tellRestart(box: Box): void {
    if (!box.restartUntold || !box.online) return;
    box.restartUntold = false;
    box.entry = this.guard.forgotten(box.entry, { max_mA: milliamp(MAX_MA) });
  }

  private cut(box: Box, falls: boolean): void {
    // A box that went up to its maximum by itself and then fell silent keeps nobody's promise: not the account's matter.
    if (!box.online || box.restartUntold || box.pilot_mA > box.entry.upper_mA) return;
    if (box.entry.setpoint_mA === null && this.reachNow(box) > Math.max(FALLBACK_MA, box.entry.before_mA ?? 0)) return;
    Object.assign(box, { connected: false, online: false, inFlight: [], replies: [], heard_ms: this.clock_ms });
    box.silentSince_ms = this.now_ms;
    box.fallsBackAt_ms = falls || box.fallbackProven ? this.now_ms + FALLBACK_AFTER_MS : null;
  }

  private reachNow(box: Box): number {
    return Math.max(box.pilot_mA, ...box.lag.filter((one) => one.until_ms > this.now_ms).map((one) => one.value));
  }

  private fallBackIfDue(box: Box): void {
    if (box.fallsBackAt_ms === null || this.now_ms < box.fallsBackAt_ms) return;
    box.fallsBackAt_ms = null;
    box.offers(FALLBACK_MA, this.now_ms - LAG_MS);
  }

  private view(box: Box): BoxView {
    const fresh = box.reading !== null && this.clock_ms - box.reading.at_ms <= READING_AGE_MS_MAX ? box.reading : null;
    return {
      online: box.online,
      unplugged: box.online && !box.plugged,
      drawn_mA: fresh === null ? null : milliamp(fresh.drawn_mA),
      drawn_at_ms: fresh === null ? null : epochMs(fresh.at_ms),
      max_mA: milliamp(MAX_MA),
      fallback_mA: milliamp(FALLBACK_MA),
      fallbackProven: box.fallbackProven,
      fallbackAfter_ms: FALLBACK_AFTER_MS,
      heard_at_ms: box.heard_ms,
      over_permille: box.over_permille,
    };
  }

  private circuits(): readonly AllocationCircuit[] {
    const circuit = (id: string, parent: string | null, other: number): AllocationCircuit => {
      const limit = milliamp(this.limits[id] ?? 0);
      const load = milliamp(other);
      return { id, parent, limit_mA: [limit, limit, limit], otherLoad_mA: [load, load, load] };
    };
    return [circuit("main", null, this.sample.base_mA), circuit("sub", "main", 0)];
  }

  private decide(): string | null {
    const now = this.clock_ms;
    const isFresh = Math.abs(now - this.sample.at_ms) <= METER_AGE_MS_NO_RAISE;
    for (const box of this.boxes) {
      box.entry = this.guard.settled(box.entry, this.view(box), now);
      box.escalation = escalate(box.escalation, box.entry, this.view(box), now).state;
    }
    const circuits = this.circuits();
    const participants = this.boxes.map((box, index): Participant => {
      const target = milliamp(box.escalation.stage === "none" ? (this.targets[index] ?? 0) : 0);
      return {
        id: box.id,
        circuit: box.circuit,
        phases: box.phases,
        min_mA: milliamp(6_000),
        step_mA: milliamp(1_000),
        entry: box.entry,
        box: this.view(box),
        target_mA: target,
        booked_mA: target,
        commandable: box.online,
      };
    });
    const commands = this.guard.plan(circuits, participants, {
      now_ms: now,
      voltage_V: 230,
      shared: circuits,
      raisesAllowed: () => isFresh,
    });
    const before = this.complaint(participants, commands, isFresh);
    for (const command of commands) this.send(command);
    return before ?? this.unbooked() ?? this.unsafeRaise(commands);
  }

  private send(command: Command): void {
    const box = this.boxes.find((one) => one.id === command.evse);
    if (box === undefined) return;
    box.entry = sent(box.entry, command.current_mA, this.clock_ms);
    this.sentCommands += 1;
    const { commandNumber } = box.entry;
    const message = { value: command.current_mA, commandNumber, sent_ms: this.now_ms, timedOut: false };
    if (box.connected) box.inFlight.push(message);
  }

  /** R3 and R9: decreases are never held back, and nobody is raised beside a stale meter. */
  private complaint(
    participants: readonly Participant[],
    commands: readonly Command[],
    isFresh: boolean,
  ): string | null {
    if (!isFresh && commands.some(({ kind }) => kind === "increase")) return "P9: raised beside a stale meter";
    for (const { id, entry, target_mA, commandable } of participants) {
      const owed = commandable && entry.setpoint_mA !== null && entry.setpoint_mA - target_mA >= 1_000;
      if (owed && !commands.some((one) => one.evse === id && one.current_mA === target_mA))
        return `R3: the decrease of ${id} was held back`;
      const one = commands.find((command) => command.evse === id);
      if (one !== undefined && !commandable) return `a silent box was sent a command`;
      if (one?.kind !== "increase") continue;
      if (entry.acknowledged_at_ms === null) return `R5: ${id} has two open commands`;
      const box = this.boxes.find((each) => each.id === id);
      if (box === undefined) continue;
      if (box.raised_ms !== null && this.clock_ms - box.raised_ms < RAISE_GAP_MS)
        return `${id} was raised twice in 15 s`;
      box.raised_ms = this.clock_ms;
      if (entry.setpoint_mA === 0 && one.current_mA > FALLBACK_MA) return `${id} did not start at its minimum`;
    }
    return null;
  }

  /** The account never says less of a box than it may take (R1, R4, R6, R7). */
  private unbooked(): string | null {
    for (const box of this.boxes) {
      if (box.restartUntold) continue;
      const booked = this.guard.worstCase_mA(box.entry, this.view(box), this.clock_ms);
      const reach = box.reach_mA(this.now_ms);
      if (reach > booked) return `${box.id} may take ${String(reach)} and is booked with ${String(booked)}`;
    }
    return null;
  }

  /** Whoever is raised, what may flow in truth fits on all its circuits (R2); a base not yet measured is not our doing. */
  private unsafeRaise(commands: readonly Command[]): string | null {
    if (this.base_mA > this.sample.base_mA) return null;
    for (const command of commands.filter(({ kind }) => kind === "increase")) {
      const raised = this.boxes.find((one) => one.id === command.evse);
      const path = raised?.circuit === "sub" ? ["sub", "main"] : ["main"];
      for (const circuit of path)
        for (const phase of raised?.phases ?? []) {
          const below = this.boxes.filter(
            (box) => (circuit === "main" || box.circuit === circuit) && box.phases.includes(phase),
          );
          if (below.some((box) => box.restartUntold)) continue;
          const flows = below.reduce(
            (sum, box) => sum + box.reach_mA(this.now_ms),
            circuit === "main" ? this.base_mA : 0,
          );
          const limit = this.limits[circuit] ?? 0;
          if (flows > limit)
            return `${command.evse} was raised to ${String(command.current_mA)}: ${String(flows)} of ${String(limit)} on ${circuit} ${phase}`;
        }
    }
    return null;
  }
}
