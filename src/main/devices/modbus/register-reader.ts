import { epochMs, type EpochMs } from "../../../core/units/index.ts";
import type { BusPriority, BusReply } from "../../links/bus.ts";
import { EXCEPTION } from "../../protocol/modbus/index.ts";
import { decodeRegister, toCanonical, type CanonicalValue, type DeviceProfile } from "../profile/index.ts";
import {
  learnFromException, learnShortReads, nothingLearned, planBlocks, slotsOf, type Block, type Learned, type Slot,
} from "./block-plan.ts";
import type { DeviceWire } from "./device-wire.ts";

/** Values are read in groups of their own pace; energy registers carry money and have a group of their own. */
export type ReadGroup = "fast" | "normal" | "slow" | "energy" | "once";
export type ReadResult = "answered" | "missed";

/** Times a refused read is cut smaller within one poll; what is left is tried at the next. */
const SPLITS_PER_READ_max = 8;
/** Long reads that stay unanswered this often in a row, while others are answered, are made shorter. */
const MISSES_TO_SHORTEN = 2;

export type ReadValue = { readonly value: CanonicalValue; readonly at_ms: EpochMs; readonly group: ReadGroup };

export interface RegisterReader {
  /** Reads all values of these groups. `missed`: the device did not answer; what was read before stays. */
  read(groups: ReadonlySet<ReadGroup>): Promise<ReadResult>;
  get(what: string): ReadValue | null;
  has(what: string): boolean;
  /** Groups that hold at least one wanted value. */
  readonly groups: ReadonlySet<ReadGroup>;
  readonly learned: Learned;
  /** After the device came back: values are unknown again and missing ones are tried again. */
  forget(): void;
}

export const readGroupOf = (slot: Slot): ReadGroup => (/^energy_(?:import|export)$/u.test(slot.what) ? "energy" : slot.group);

function priorityOf(block: Block): BusPriority {
  const whats = block.slots.map((slot) => slot.what);
  if (whats.some((what) => what === "state" || what.startsWith("current_"))) return "state";
  if (whats.some((what) => what.startsWith("power") || what.startsWith("voltage"))) return "power";
  return whats.some((what) => what.startsWith("energy")) ? "energy" : "identity";
}

/** Reads the values for which `wants` holds, and learns how the device likes to be asked. */
export function createRegisterReader(options: {
  readonly profile: DeviceProfile;
  readonly wire: DeviceWire;
  readonly now_ms: () => EpochMs;
  readonly wants: (what: string) => boolean;
}): RegisterReader {
  const { profile, wire } = options;
  const known = slotsOf(profile);
  const wanted = known.filter((slot) => options.wants(slot.what));
  const values = new Map<string, ReadValue>();
  const plans = new Map<string, readonly Block[]>();
  let learned = nothingLearned(profile);
  let missesOfLong = { block: "", count: 0 };

  const planFor = (groups: ReadonlySet<ReadGroup>): readonly Block[] => {
    const name = [...groups].sort().join();
    const ready = plans.get(name);
    if (ready !== undefined) return ready;
    const plan = planBlocks(profile, known, wanted.filter((slot) => groups.has(readGroupOf(slot))), learned);
    plans.set(name, plan);
    return plan;
  };
  const learn = (next: Learned): void => {
    learned = next;
    plans.clear();
  };

  const store = (block: Block, words: readonly number[]): void => {
    const at_ms = epochMs(options.now_ms());
    for (const slot of block.slots) {
      const from = slot.address - block.address;
      const raw = decodeRegister(profile, slot.register, words.slice(from, from + slot.width));
      values.set(slot.what, { value: toCanonical(slot.what, raw, slot.register.unit), at_ms, group: readGroupOf(slot) });
    }
  };

  const noteMiss = (block: Block): void => {
    const shorter = profile.limits.fallback_max_read;
    if (shorter === undefined || block.count <= shorter) return;
    const name = `${String(block.fc)}:${String(block.address)}`;
    missesOfLong = missesOfLong.block === name ? { block: name, count: missesOfLong.count + 1 } : { block: name, count: 1 };
    if (missesOfLong.count >= MISSES_TO_SHORTEN) learn(learnShortReads(learned, shorter));
  };

  /** `split`: the device refused this block and it is now planned differently. */
  const readBlock = async (block: Block): Promise<"answered" | "missed" | "split"> => {
    const reply = await wire.ask({ fc: block.fc, address: block.address, count: block.count }, priorityOf(block));
    if (reply.ok) {
      store(block, wordsOf(reply));
      return "answered";
    }
    if (reply.code !== "exception") {
      noteMiss(block);
      return "missed";
    }
    switch (reply.exception) {
      case EXCEPTION.illegalFunction:
      case EXCEPTION.illegalDataAddress:
      case EXCEPTION.illegalDataValue:
        learn(learnFromException(learned, block));
        return "split";
      case EXCEPTION.gatewayPathUnavailable:
      case EXCEPTION.gatewayTargetFailed:
        return "missed";
      default:
        // Busy or failing inside: it is alive, its values just age.
        return "answered";
    }
  };

  return {
    groups: new Set(wanted.map(readGroupOf)),
    get learned() {
      return learned;
    },
    async read(groups) {
      const done = new Set<string>();
      for (let splits = 0; splits <= SPLITS_PER_READ_max; splits += 1) {
        let replanned = false;
        for (const block of planFor(groups)) {
          const name = block.slots.map((slot) => slot.what).join();
          if (done.has(name)) continue;
          const result = await readBlock(block);
          if (result === "missed") return "missed";
          if (result === "split") {
            replanned = true;
            break;
          }
          done.add(name);
        }
        if (!replanned) return "answered";
      }
      return "answered";
    },
    get: (what) => values.get(what) ?? null,
    has: (what) => wanted.some((slot) => slot.what === what),
    forget() {
      values.clear();
      learn({ ...learned, missing: new Set() });
    },
  };
}

function wordsOf(reply: Extract<BusReply, { ok: true }>): readonly number[] {
  if (reply.reply.kind === "registers") return reply.reply.registers;
  return reply.reply.kind === "bits" ? reply.reply.bits.map(Number) : [];
}
