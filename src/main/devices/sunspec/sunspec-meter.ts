import type { BusOwner } from "../../links/bus.ts";
import {
  BLOCKS_MAX,
  chainStep,
  decodeSunspecMeter,
  FLOAT_WORDS,
  INTEGER_WORDS,
  isFloatMeter,
  isIntegerMeter,
  type SunspecBlock,
  type SunspecMeterValues,
} from "../../protocol/sunspec/index.ts";
import type { MeterTalk } from "../network/polled-meter.ts";
import { completed, ShownValues, type Values } from "../network/values.ts";
import type { ProfileOf } from "../profile/index.ts";

const PERIOD_ms = 1_000;
/** Real milliseconds. */
const TIMEOUT_ms = 2_000;

/**
 * A meter that describes itself: its block is looked for when the device is found, and again whenever it was silent,
 * because firmware may change the model and with it every offset.
 */
export function sunspecMeter(options: {
  readonly profile: ProfileOf<"sunspec">;
  readonly bus: BusOwner;
  readonly unitId: number;
}): MeterTalk {
  const { profile, bus, unitId } = options;
  const { discovery, limits } = profile;
  const counters = { exchanges: 0, errors: 0 };
  const timeout_ms = limits.timeout_ms ?? TIMEOUT_ms;
  const connected = connectionOf(bus.link, timeout_ms);
  let found: Discovered = { block: null, whyNot: null };

  const ask = async (address: number, count: number): Promise<readonly number[] | null> => {
    const reply = await bus.transact({
      unitId,
      request: { fc: discovery.fc, address, count },
      priority: "power",
      timeout_ms,
      gap_ms: limits.min_gap_ms,
    });
    counters.exchanges += 1;
    // A block that is not at this address is refused; that is an answer.
    if (!reply.ok && reply.code !== "exception") counters.errors += 1;
    return reply.ok && reply.reply.kind === "registers" ? reply.reply.registers : null;
  };
  const read = async (address: number, count: number): Promise<readonly number[] | null> => {
    const words: number[] = [];
    while (words.length < count) {
      const part = await ask(address + words.length, Math.min(limits.max_read, count - words.length));
      if (part === null || part.length === 0) return null;
      words.push(...part);
    }
    return words;
  };
  return {
    period_ms: Math.max(PERIOD_ms, limits.min_poll_ms ?? 0),
    timeout_ms,
    counters,
    async find() {
      await connected();
      const answersBefore = counters.exchanges - counters.errors;
      found = await discover(discovery, read);
      if (found.block === null && found.whyNot === null && counters.exchanges - counters.errors > answersBefore)
        found = { block: null, whyNot: `it answers, but has no SunSpec map at ${discovery.base_addresses.join(", ")}` };
      return found.block === null ? "missed" : "answered";
    },
    whyNot: () => found.whyNot,
    async read() {
      const { block } = found;
      if (block === null) return { kind: "missed", detail: found.whyNot ?? "no answer" };
      const words = await read(block.address, isFloatMeter(block.modelId) ? FLOAT_WORDS : INTEGER_WORDS);
      if (words === null) return { kind: "missed", detail: "no answer" };
      // The block begins with its id: another one means that the device has rearranged itself.
      const shown = words[0] === block.modelId ? decodeSunspecMeter(words) : null;
      if (shown !== null) return { kind: "values", values: completed(sunspecValues(shown), profile) };
      found = await discover(discovery, read);
      return { kind: "missed", detail: "the meter block has moved" };
    },
  };
}

/** Waits while a connection is being made, at most for `wait_ms` (real): what is asked before would be no answer. */
function connectionOf(link: BusOwner["link"], wait_ms: number): () => Promise<void> {
  let waiting: (() => void) | null = null;
  link.onState(({ kind }) => {
    if (kind !== "connecting") waiting?.();
  });
  return () =>
    new Promise((resolve) => {
      if (link.state.kind !== "connecting") {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, wait_ms);
      waiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
}

type Discovered = {
  readonly block: SunspecBlock | null;
  /** What the device showed instead of a meter; `null`: one was found, or nothing was heard. */
  readonly whyNot: string | null;
};

/** Follows the chain of blocks from each base address; the first meter block counts. */
async function discover(
  { base_addresses, marker }: ProfileOf<"sunspec">["discovery"],
  read: (address: number, count: number) => Promise<readonly number[] | null>,
): Promise<Discovered> {
  const models: number[] = [];
  for (const base of base_addresses) {
    const start = await read(base, marker.length);
    if (start === null || !marker.every((word, index) => start[index] === word)) continue;
    let address = base + marker.length;
    for (let blocks = 0; blocks < BLOCKS_MAX; blocks += 1) {
      const step = chainStep(address, (await read(address, 2)) ?? []);
      if (step.kind !== "block") break;
      if (isUsable(step.block)) return { block: step.block, whyNot: null };
      models.push(step.block.modelId);
      address = step.nextAddress;
    }
  }
  const whyNot = models.length === 0 ? null : `SunSpec, but no meter among its models ${models.join(", ")}`;
  return { block: null, whyNot };
}

const isUsable = ({ modelId, length }: SunspecBlock): boolean =>
  (isIntegerMeter(modelId) && length + 2 >= INTEGER_WORDS) || (isFloatMeter(modelId) && length + 2 >= FLOAT_WORDS);

function sunspecValues(shown: SunspecMeterValues): Values {
  const values = new ShownValues();
  const put = (what: string, raw: number | null, unit: string): void => {
    values.take(what, raw, { unit });
  };
  shown.current_A.forEach((value, index) => {
    put(`current_l${String(index + 1)}`, value, "A");
  });
  shown.voltage_V.forEach((value, index) => {
    put(`voltage_l${String(index + 1)}`, value, "V");
  });
  shown.powerOfPhase_W.forEach((value, index) => {
    put(`power_l${String(index + 1)}`, value, "W");
  });
  put("power", shown.power_W, "W");
  put("frequency", shown.frequency_Hz, "Hz");
  put("energy_import", shown.import_Wh, "Wh");
  put("energy_export", shown.export_Wh, "Wh");
  return values;
}
