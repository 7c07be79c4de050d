import type { MeterDevice, MulticastLink } from "../../../core/site/index.ts";
import { openUdpSocket } from "../../links/udp-socket.ts";
import { decodeSpeedwire, type SpeedwireTelegram } from "../../protocol/speedwire/index.ts";
import type { DeviceLog } from "../modbus/running-device.ts";
import type { RunningNetworkDevice } from "../network/network-health.ts";
import { completed, ShownValues, type Values } from "../network/values.ts";
import type { Clock, DeviceListener } from "../ports.ts";
import type { ProfileOf } from "../profile/index.ts";
import { createNamelessMeter, severalWords, type SeveralMeters } from "./nameless-meter.ts";
import { startPushMeter, type Heard, type PushMeter } from "./push-meter.ts";

/** Meters speak every second. */
const SILENCE_ms = 15_000;

export type SpeedwireMeter = { readonly meter: MeterDevice; readonly profile: ProfileOf<"speedwire"> };

/**
 * Listens to all meters of one group, told apart by their serial numbers. A meter of the site without one is the
 * only meter heard, and stays it when another is heard later.
 */
export function startSpeedwireGroup(context: {
  readonly link: MulticastLink;
  readonly meters: readonly SpeedwireMeter[];
  readonly clock: Clock;
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
  /** Is told each telegram of a meter of the site, and what should have been one. */
  readonly note?: (meterId: string, bytes: Uint8Array, heard: Heard) => void;
}): readonly RunningNetworkDevice[] {
  const { link, meters, clock, log } = context;
  const nameless = createNamelessMeter(new Set(meters.flatMap(({ meter }) => meter.serial ?? [])));
  const conflictOf = ({ serial }: MeterDevice): SeveralMeters | null =>
    serial === undefined ? nameless.conflict : null;
  const watchConflict = conflictLog(log);
  const tell = (one: SpeedwireMeter & { readonly push: PushMeter }, bytes: Uint8Array, heard: Heard): void => {
    context.note?.(one.meter.id, bytes, heard);
    one.push.hear(heard);
  };
  const socket = openUdpSocket({
    port: link.port,
    group: { address: link.group, interface: link.interface ?? null },
    onMessage: (bytes) => {
      const result = decodeSpeedwire(bytes);
      if (result.kind === "malformed")
        for (const one of running) tell(one, bytes, { kind: "dropped", reason: "malformed" });
      if (result.kind !== "telegram") return;
      const serial = String(result.telegram.serial);
      const isNameless = nameless.heard(serial, clock.now_ms());
      watchConflict(nameless.conflict);
      for (const one of running) {
        const { meter, profile } = one;
        if (meter.serial === undefined ? isNameless : meter.serial === serial)
          tell(one, bytes, { kind: "values", values: speedwireValues(profile, result.telegram), isProtected: true });
      }
    },
  });
  const wireProblem = (): string | null => (socket.state.kind === "down" ? socket.state.detail : null);
  const running = meters.map(({ meter, profile }): SpeedwireMeter & { readonly push: PushMeter } => ({
    meter,
    profile,
    push: startPushMeter({
      ...context,
      meter,
      silence_ms: SILENCE_ms,
      wireProblem: () => {
        const conflict = conflictOf(meter);
        return wireProblem() ?? (conflict === null ? null : severalWords(conflict));
      },
    }),
  }));
  return running.map(({ meter, push }, index) => ({
    health() {
      const several = conflictOf(meter);
      return { ...push.health(), ...(several === null ? {} : { several }) };
    },
    async stop() {
      await push.stop();
      if (index === 0) await socket.close();
    },
  }));
}

/** Writes a conflict to the log once for each meter that joins it. */
function conflictLog(log: DeviceLog): (several: SeveralMeters | null) => void {
  let told = 0;
  return (several) => {
    if (several === null || several.serials.length <= told) return;
    told = several.serials.length;
    log.warn({ several }, "several meters speak where the site names none");
  };
}

function speedwireValues(profile: ProfileOf<"speedwire">, telegram: SpeedwireTelegram): Values {
  const values = new ShownValues(new Map([["serial", String(telegram.serial)]]));
  for (const { what: names, channel, type, ...reading } of profile.readings) {
    names.forEach((what, index) => {
      const shown = telegram.values.find((one) => one.channel === channel[index] && one.type === type);
      values.take(what, shown?.raw ?? null, reading);
    });
  }
  return completed(values, profile);
}
