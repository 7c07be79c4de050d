import type { ModbusLink, Station } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";
import { createDeviceWire } from "../devices/modbus/device-wire.ts";
import { createModbusDevices, type ModbusDevices } from "../devices/modbus/index.ts";
import { createRegisterReader } from "../devices/modbus/register-reader.ts";
import type { Clock, CommandFailure, DeviceEvent } from "../devices/ports.ts";
import type { DeviceProfile } from "../devices/profile/index.ts";

/** Time of the clock until a box must have been found and set up; slow ones take two attempts. */
const ONLINE_ms = 20_000;

type Options = {
  readonly station: Station;
  readonly link: ModbusLink;
  readonly profile: DeviceProfile;
  readonly limit_mA: number;
  readonly profileFolders: readonly string[];
  readonly clock: Clock;
};

export type LimitSet =
  | { readonly ok: true; readonly written_mA: number; readonly readback_mA: number | null }
  | { readonly ok: false; readonly code: CommandFailure["code"]; readonly detail: string };

/**
 * Tells a box its limit through the driver that runs it in a site, settings and reading back included, and frees the
 * link. `readback_mA` is `null` where the box shows no setpoint.
 */
export async function setLimit(options: Options): Promise<LimitSet> {
  const { station, link, limit_mA, profileFolders, clock } = options;
  const events = createEventGate(clock);
  const devices = createModbusDevices({
    site: { links: [link], meters: [], stations: [station] },
    clock,
    profileFolders,
    emit: events.emit,
    log: { info: () => undefined, warn: () => undefined },
  });
  try {
    const [port] = devices.stations;
    const [problem] = devices.problems;
    if (problem !== undefined || port === undefined)
      return { ok: false, code: "invalid", detail: `${problem?.field ?? "profile"}: ${problem?.expected ?? ""}` };
    const online = await events.next((event) => event.kind === "online", ONLINE_ms);
    if (online === null) return { ok: false, code: "timeout", detail: `${station.id} does not answer` };
    const reply = await port.setLimit(milliamp(limit_mA));
    if (!reply.ok) return { ok: false, code: reply.code, detail: reply.detail };
    const { confirmed_mA } = reply;
    // A pause is confirmed by whatever its profile names; the setpoint may stay what it was.
    if (confirmed_mA === 0) return { ok: true, written_mA: 0, readback_mA: 0 };
    return { ok: true, written_mA: confirmed_mA, readback_mA: await shownLimit(devices, options) };
  } finally {
    await devices.stop();
  }
}

/** The setpoint register itself, asked anew on the line that is still open. */
async function shownLimit(devices: ModbusDevices, { station, link, profile, clock }: Options): Promise<number | null> {
  const found = devices.buses.busOf(link.id, profile.transport.options[0] === "ascii");
  const { connection } = station;
  if (found === null || connection.kind !== "profile") return null;
  const { unitId } = connection;
  const wire = createDeviceWire({ bus: found.bus, unitId, profile, behindGateway: link.kind === "rtu-over-tcp" });
  const reader = createRegisterReader({ profile, wire, now_ms: () => clock.now_ms(), wants: /^current_limit$/u });
  if ((await reader.meet()) === "missed" || (await reader.read(reader.groups)) === "missed") return null;
  const value = reader.get("current_limit")?.value;
  return typeof value === "number" ? value : null;
}

/** Lets one wait for the next event of a kind; what nobody waits for is forgotten. */
function createEventGate(clock: Clock): {
  readonly emit: (event: DeviceEvent) => void;
  readonly next: (matches: (event: DeviceEvent) => boolean, within_ms: number) => Promise<DeviceEvent | null>;
} {
  let listener: (event: DeviceEvent) => void = () => undefined;
  return {
    emit: (event) => {
      listener(event);
    },
    next: async (matches, within_ms) => {
      const over = new AbortController();
      const found = new Promise<DeviceEvent>((resolve) => {
        listener = (event) => {
          if (matches(event)) resolve(event);
        };
      });
      const outcome = await Promise.race([found, clock.sleep(within_ms, over.signal).then(() => null)]);
      over.abort();
      return outcome;
    },
  };
}
