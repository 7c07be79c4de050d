import {
  valueAddress,
  valueWidth,
  type PollGroup,
  type DeviceProfile,
  type ProfileRegister,
} from "../profile/index.ts";

/** One value of the profile and where it lies. */
export type Slot = {
  readonly what: string;
  readonly register: ProfileRegister;
  readonly fc: 1 | 2 | 3 | 4;
  readonly address: number;
  readonly width: number;
  readonly group: PollGroup;
  /** Answers under another unit id than its box: values of the whole station. */
  readonly unitId: number | null;
};
export type Block = {
  readonly fc: 1 | 2 | 3 | 4;
  readonly address: number;
  readonly count: number;
  readonly unitId: number | null;
  readonly slots: readonly Slot[];
};

/** What a device has taught us about itself. It is kept while the app runs and starts empty. */
export type Learned = {
  /** Registers per request; falls to the profile's fallback when long reads stay unanswered. */
  readonly max_read: number;
  /** Places (`fc:address`) no request may reach across. */
  readonly cuts: ReadonlySet<string>;
  /** Values the device does not have. */
  readonly missing: ReadonlySet<string>;
  /** Values that are only there under the document's other function code. */
  readonly otherFc: ReadonlySet<string>;
};

export const nothingLearned = (profile: DeviceProfile): Learned => ({
  max_read: profile.limits.max_read,
  cuts: new Set(),
  missing: new Set(),
  otherFc: new Set(),
});

const key = (at: { readonly fc: number; readonly address: number }): string => `${String(at.fc)}:${String(at.address)}`;

/** All values of a list of registers, each with its own place. */
export const slotsOf = (registers: readonly ProfileRegister[]): readonly Slot[] =>
  registers.flatMap((register) =>
    register.what.map((what, i) => ({
      what,
      register,
      fc: register.fc,
      address: valueAddress(register, i),
      width: valueWidth(register),
      group: register.poll,
      unitId: register.unit_id ?? null,
    })),
  );

/**
 * Packs `wanted` values into as few reads as the device allows. A read may run across other values of the profile, and
 * across at most `max_gap` registers the profile does not name; never across a cut, and not at all where the device
 * wants single values.
 */
export function planBlocks(
  profile: DeviceProfile,
  known: readonly Slot[],
  wanted: readonly Slot[],
  learned: Learned,
): readonly Block[] {
  const { limits } = profile;
  const named = new Set(
    known.flatMap((slot) =>
      Array.from({ length: slot.width }, (_, i) => key({ fc: slot.fc, address: slot.address + i })),
    ),
  );
  const unnamedBetween = (fc: number, from: number, to: number): number => {
    let unnamed = 0;
    for (let address = from; address < to; address += 1) if (!named.has(key({ fc, address }))) unnamed += 1;
    return unnamed;
  };
  const cutBetween = (fc: number, from: number, to: number): boolean => {
    for (let address = from; address <= to; address += 1) if (learned.cuts.has(key({ fc, address }))) return true;
    return false;
  };
  const alone = (slot: Slot): boolean => limits.single_value_reads === true || slot.register.single_reads === true;
  const sameRead = (block: Block, slot: Slot): boolean =>
    block.address === slot.register.read_from?.address &&
    block.slots.every((one) => one.register.read_from !== undefined);
  const gap_max = limits.align === "value" ? 0 : limits.max_gap;
  const joins = (block: Block, slot: Slot): boolean => {
    const end = block.address + block.count;
    if (slot.fc !== block.fc || slot.unitId !== block.unitId) return false;
    if (slot.register.read_from !== undefined || block.slots.some((one) => one.register.read_from !== undefined))
      return sameRead(block, slot);
    if (alone(slot) || block.slots.some(alone)) return false;
    if (Math.max(end, slot.address + slot.width) - block.address > learned.max_read) return false;
    if (limits.align === "value" && slot.address > end) return false;
    return unnamedBetween(slot.fc, end, slot.address) <= gap_max && !cutBetween(slot.fc, end, slot.address);
  };

  const ordered = wanted
    .filter((slot) => !learned.missing.has(key(slot)))
    .map((slot) => ({ ...slot, fc: learned.otherFc.has(key(slot)) ? (slot.register.fc_alt ?? slot.fc) : slot.fc }))
    .toSorted((a, b) => a.fc - b.fc || a.address - b.address);
  const blocks: Block[] = [];
  for (const slot of ordered) {
    const last = blocks.at(-1);
    if (last !== undefined && joins(last, slot)) {
      const count = Math.max(last.address + last.count, slot.address + slot.width) - last.address;
      blocks[blocks.length - 1] = { ...last, count, slots: [...last.slots, slot] };
    } else {
      const { address, count } = slot.register.read_from ?? { address: slot.address, count: slot.width };
      blocks.push({ fc: slot.fc, address, count, unitId: slot.unitId, slots: [slot] });
    }
  }
  return limits.even_count === true
    ? blocks.map((block) => ({ ...block, count: block.count + (block.count % 2) }))
    : blocks;
}

/** After exception 2 or 3: cut where the read bridged something, then in the middle; a lone value does not exist. */
export function learnFromException(learned: Learned, block: Block): Learned {
  const [first, ...rest] = block.slots;
  if (first === undefined) return learned;
  const untried = block.slots
    .filter(({ register, fc }) => register.fc_alt !== undefined && register.fc_alt !== fc)
    .map((slot) => key({ ...slot, fc: slot.register.fc }));
  if (untried.length === block.slots.length) return { ...learned, otherFc: new Set([...learned.otherFc, ...untried]) };
  if (rest.length === 0)
    return { ...learned, missing: new Set([...learned.missing, key({ ...first, fc: first.register.fc })]) };
  const bridged = rest.filter((slot, i) => {
    const before = block.slots[i];
    return before !== undefined && before.address + before.width < slot.address;
  });
  const middle = block.slots[Math.floor(block.slots.length / 2)];
  const cuts = bridged.length > 0 ? bridged : middle === undefined ? [] : [middle];
  return { ...learned, cuts: new Set([...learned.cuts, ...cuts.map(key)]) };
}

/** After long reads stayed unanswered while short ones were answered. */
export const learnShortReads = (learned: Learned, fallback_max_read: number): Learned => ({
  ...learned,
  max_read: Math.min(learned.max_read, fallback_max_read),
});
