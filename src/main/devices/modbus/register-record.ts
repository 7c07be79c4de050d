import type { WireProblem } from "../../../contract/index.ts";
import type { EpochMs } from "../../../core/units/index.ts";
import type { WireListener, WireRecord } from "../../links/bus.ts";
import type { ModbusRequest } from "../../protocol/modbus/index.ts";
import { createDeviceRecord, sentAt, type DeviceRecord, type ShownValue } from "../device-record.ts";
import type { Exchange } from "../exchanges.ts";
import type { Clock } from "../ports.ts";
import { decodeRegister, toCanonical, type DeviceProfile } from "../profile/index.ts";
import { shownUnit } from "../shown-unit.ts";
import { slotsOf, type Slot } from "./block-plan.ts";
import { wordOrderSeen } from "./word-order.ts";
import { writtenNames } from "./written-names.ts";

/** Different reads whose last answer is kept, so that values read once a minute can be shown; devices need some tens. */
const READS_KEPT_max = 128;
/** Object and list headers of one record, roughly. */
const OVERHEAD_BYTES = 200;

type Heard = { readonly record: WireRecord; readonly sent_at_ms: EpochMs; readonly at_ms: EpochMs };

/** Remembers what is said with one device that is asked for registers. */
export interface RegisterRecord extends DeviceRecord {
  readonly note: WireListener;
}

/**
 * `profile`: with the addresses of the wire; `null`: the device names its registers itself. Names and values are looked up
 * when somebody looks.
 */
export function createRegisterRecord(profile: DeviceProfile | null, clock: Clock): RegisterRecord {
  const lastReads = new Map<string, Heard>();
  const slots = (): readonly Slot[] =>
    profile === null ? [] : slotsOf([...profile.registers, ...(profile.station_registers ?? [])]);
  const known = (): DeviceProfile | null =>
    profile === null ? null : asSeen(profile, slots(), [...lastReads.values()]);
  let before_ms = 0;
  const record = createDeviceRecord(() => lastValues(known(), slots(), [...lastReads.values()]));
  return {
    ...record,
    note(said) {
      const at_ms = clock.now_ms();
      const heard = { record: said, sent_at_ms: sentAt(clock, at_ms, said.took_ms, before_ms), at_ms };
      before_ms = at_ms;
      if (said.outcome.kind === "reply" && "count" in said.request) keep(lastReads, heard);
      record.add({
        bytes: said.sent.length + said.heard.length * 3 + OVERHEAD_BYTES,
        failed: problemOf(said) !== null,
        shown: () => exchangesOf(heard, known(), slots()),
      });
    },
  };
}

function keep(lastReads: Map<string, Heard>, heard: Heard): void {
  const { request, unitId } = heard.record;
  const key = `${String(unitId)}:${String(request.fc)}:${String(request.address)}:${"count" in request ? String(request.count) : ""}`;
  lastReads.delete(key);
  lastReads.set(key, heard);
  const [oldest] = lastReads.keys();
  if (lastReads.size > READS_KEPT_max && oldest !== undefined) lastReads.delete(oldest);
}

/** The words of a slot in an answer, or `null` when the answer does not hold them. */
function wordsIn({ request, outcome }: WireRecord, slot: Slot): readonly number[] | null {
  if (outcome.kind !== "reply" || !("count" in request)) return null;
  if (request.fc !== slot.fc && request.fc !== slot.register.fc_alt) return null;
  const { reply } = outcome;
  const words = reply.kind === "registers" ? reply.registers : reply.kind === "bits" ? reply.bits.map(Number) : [];
  const from = slot.address - request.address;
  return from >= 0 && from + slot.width <= words.length ? words.slice(from, from + slot.width) : null;
}

/** The document with the word order that this device's voltage shows, as the driver reads it too. */
function asSeen(profile: DeviceProfile, slots: readonly Slot[], reads: readonly Heard[]): DeviceProfile {
  const voltage = slots.find(({ what }) => what === "voltage_l1");
  if (voltage === undefined) return profile;
  for (const { record } of reads.toReversed()) {
    const words = wordsIn(record, voltage);
    const order = words === null ? null : wordOrderSeen(profile, voltage.register, words);
    if (order !== null) return { ...profile, word_order: order };
  }
  return profile;
}

function shownIn(
  profile: DeviceProfile | null,
  slots: readonly Slot[],
  { record, at_ms }: Heard,
): readonly ShownValue[] {
  if (profile === null) return [];
  return slots.flatMap((slot): ShownValue[] => {
    const words = wordsIn(record, slot);
    if (words === null) return [];
    const { what, register } = slot;
    const read = toCanonical(what, decodeRegister(profile, register, words), register.unit);
    const meant = what === "state" ? profile.enums?.["state"]?.[String(read)]?.s : undefined;
    const value = meant === undefined ? read : `${meant} (${String(read)})`;
    const raw = words.map((word) => word.toString(16).padStart(4, "0")).join(" ");
    return [{ what, value, unit: shownUnit(what, register.unit), raw, at_ms }];
  });
}

/** Each name once, in the document's order, from the newest answer that holds it. */
function lastValues(
  profile: DeviceProfile | null,
  slots: readonly Slot[],
  reads: readonly Heard[],
): readonly ShownValue[] {
  const newest = new Map<string, ShownValue>();
  for (const heard of reads) {
    for (const shown of shownIn(profile, slots, heard)) {
      const before = newest.get(shown.what);
      if (before === undefined || before.value === null || shown.value !== null) newest.set(shown.what, shown);
    }
  }
  return [...new Set(slots.map(({ what }) => what))].flatMap((what) => newest.get(what) ?? []);
}

function exchangesOf(heard: Heard, profile: DeviceProfile | null, slots: readonly Slot[]): readonly Exchange[] {
  const { record } = heard;
  const problem = problemOf(record);
  const asked = `FC${String(record.request.fc)} unit ${String(record.unitId)}`;
  const out: Exchange = {
    at_ms: heard.sent_at_ms,
    direction: "out",
    summary: `${asked} ${what(record.request)}`,
    raw: hex(record.sent),
    decoded: profile === null ? [] : writtenNames(profile, record.request),
    problem: null,
    took_ms: null,
  };
  const inward: Exchange = {
    at_ms: heard.at_ms,
    direction: "in",
    summary: `${asked} ${answerText(record)}`,
    raw: `${hex(record.heard)}${record.heardBytes > record.heard.length ? " …" : ""}`,
    decoded: shownIn(profile, slots, heard).map(({ what: name, value, unit }) => ({
      name,
      value: value === null ? "—" : `${String(value)}${unit === null ? "" : ` ${unit}`}`,
    })),
    ...(problem === null ? { problem: null } : { problem: problem.detail, code: problem.code }),
    took_ms: Math.round(record.took_ms),
  };
  return record.sent.length === 0 ? [inward] : [out, inward];
}

function what(request: ModbusRequest): string {
  const at = `address ${String(request.address)}`;
  switch (request.fc) {
    case 1:
    case 2:
    case 3:
    case 4:
      return `${at} × ${String(request.count)}`;
    case 5:
      return `${at} = ${request.on ? "on" : "off"}`;
    case 6:
      return `${at} = ${String(request.value)}`;
    case 15:
      return `${at} × ${String(request.bits.length)} bits`;
    case 16:
      return `${at} = ${request.values.join(" ")}`;
  }
}

function answerText({ outcome, heardBytes }: WireRecord): string {
  if (outcome.kind !== "reply") return `${String(heardBytes)} bytes`;
  const { reply } = outcome;
  switch (reply.kind) {
    case "registers":
      return `${String(reply.registers.length)} registers`;
    case "bits":
      return `${String(reply.bits.length)} bits`;
    case "written":
      return "written";
    case "exception":
      return `exception ${String(reply.code)}`;
  }
}

/** What was wrong with an exchange, from the bytes and what the framing made of them. */
function problemOf(record: WireRecord): { readonly code: WireProblem; readonly detail: string } | null {
  const { outcome, noise, heardBytes, replyBytes } = record;
  const of = (code: WireProblem, detail = ""): { code: WireProblem; detail: string } => ({ code, detail });
  switch (outcome.kind) {
    case "reply":
      if (outcome.reply.kind === "exception") return of("exception", String(outcome.reply.code));
      return noise !== null && noise.crcErrors + noise.staleBytes + noise.wrongUnit > 0 ? of("stray-bytes") : null;
    case "silence":
      return of("silence", `${String(Math.round(record.took_ms))} ms`);
    case "late":
      return of("late", `${String(Math.round(record.took_ms))} ms`);
    case "line-down":
      return of("line-down");
    case "garbled":
      if (noise !== null && noise.wrongUnit > 0) return of("wrong-unit");
      if (heardBytes < replyBytes) return of("truncated", `${String(heardBytes)} of ${String(replyBytes)} bytes`);
      return of(noise !== null && noise.crcErrors > 0 ? "bad-checksum" : "garbled");
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
