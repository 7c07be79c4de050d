import type { MeterDevice } from "../../../core/site/index.ts";
import type { ByteLink } from "../../links/byte-link.ts";
import { createP1Framer } from "../../protocol/dsmr/index.ts";
import { createSmlFramer, readSml } from "../../protocol/sml/index.ts";
import type { DeviceLog } from "../modbus/running-device.ts";
import type { RunningNetworkDevice } from "../network/network-health.ts";
import { createHeardBytes } from "../../links/bus-record.ts";
import type { Clock, DeviceListener } from "../ports.ts";
import type { ProfileOf } from "../profile/index.ts";
import { p1Values } from "./p1-values.ts";
import { startPushMeter, type Heard } from "./push-meter.ts";
import { smlValues } from "./sml-values.ts";

/** A telegram of a P1 port is about 1 kB; of longer ones the beginning is shown. */
const TELEGRAM_BYTES_kept = 4_096;
/** SML meters speak every 1 to 4 s. */
const SML_SILENCE_ms = 15_000;

/** Listens to a meter that sends telegrams on a line of its own; owns `link` and closes it. */
export function startSerialPushMeter(context: {
  readonly meter: MeterDevice;
  readonly profile: ProfileOf<"p1"> | ProfileOf<"sml">;
  readonly link: ByteLink;
  readonly clock: Clock;
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
  /** Is told each telegram, or what should have been one, with the bytes that came since the one before. */
  readonly note?: (bytes: Uint8Array, heard: Heard) => void;
}): RunningNetworkDevice {
  const { profile, link, note } = context;
  const since = createHeardBytes(TELEGRAM_BYTES_kept);
  const push = startPushMeter({
    ...context,
    silence_ms: profile.driver === "p1" ? profile.telegram.timeout_s * 1_000 : SML_SILENCE_ms,
    wireProblem: () => (link.state.kind === "down" ? link.state.detail : null),
    unread: () => since.count,
  });
  let decode = decoderOf(profile);
  link.onState((state) => {
    // What was half heard before the line was cut belongs to nothing that comes after.
    if (state.kind === "up") decode = decoderOf(profile);
  });
  link.onData((bytes) => {
    since.add(bytes);
    for (const heard of decode(bytes)) {
      const { heard: said } = since.take();
      note?.(said, heard);
      push.hear(heard);
    }
  });
  link.open();
  return {
    health: () => push.health(),
    async stop() {
      await Promise.all([link.close(), push.stop()]);
    },
  };
}

function decoderOf(profile: ProfileOf<"p1"> | ProfileOf<"sml">): (bytes: Uint8Array) => readonly Heard[] {
  if (profile.driver === "p1") {
    const framer = createP1Framer();
    return (bytes) =>
      framer
        .push(bytes)
        .map((event) =>
          event.kind === "dropped"
            ? event
            : { kind: "values", values: p1Values(profile, event.telegram), isProtected: event.telegram.isProtected },
        );
  }
  const framer = createSmlFramer();
  return (bytes) =>
    framer.push(bytes).map((event): Heard => {
      if (event.kind === "dropped") return event;
      const reading = readSml(event.content);
      return reading === null
        ? { kind: "dropped", reason: "no values" }
        : { kind: "values", values: smlValues(profile, reading), isProtected: true };
    });
}
