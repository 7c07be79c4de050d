import { encodeNumber, type ModbusRequest } from "../../protocol/modbus/index.ts";
import type { BusOwner, BusPriority, BusReply, WireListener } from "../../links/bus.ts";
import type { DeviceProfile, ProfileWrite } from "../profile/index.ts";

/** Real milliseconds to wait for an answer where the profile says nothing: on a line, and behind a gateway. */
export const LINE_TIMEOUT_ms = 1_000;
export const GATEWAY_TIMEOUT_ms = 2_000;

/** One device on its bus: unit id, time-out and gap are already known. */
export interface DeviceWire {
  readonly bus: BusOwner;
  readonly timeout_ms: number;
  /** The device falls back when it hears nothing within this time (real) from now on. */
  expectWithin(within_ms: number): void;
  /**
   * `unitId`: where it is not the device's own, as for the registers of a whole station. `isWanted`: looked at in the
   * moment of sending; what is no longer wanted is `expired`.
   */
  ask(
    request: ModbusRequest,
    priority: BusPriority,
    unitId?: number | null,
    isWanted?: () => boolean,
  ): Promise<BusReply>;
}

export function createDeviceWire(options: {
  readonly bus: BusOwner;
  readonly unitId: number;
  readonly profile: DeviceProfile;
  readonly behindGateway: boolean;
  /** Is told each attempt as it went over the wire. */
  readonly note?: WireListener;
}): DeviceWire {
  const { bus, unitId, profile } = options;
  const note = options.note === undefined ? {} : { note: options.note };
  const own_ms = profile.limits.timeout_ms ?? LINE_TIMEOUT_ms;
  const timeout_ms = options.behindGateway ? Math.max(own_ms, GATEWAY_TIMEOUT_ms) : own_ms;
  const gap_ms = profile.limits.min_gap_ms;
  const once = (
    request: ModbusRequest,
    priority: BusPriority,
    unit: number,
    isWanted: (() => boolean) | undefined,
  ): Promise<BusReply> =>
    bus.transact({
      unitId: unit,
      request,
      priority,
      timeout_ms,
      gap_ms,
      ...note,
      ...(isWanted === undefined ? {} : { isWanted }),
    });
  return {
    bus,
    timeout_ms,
    expectWithin(within_ms) {
      bus.expectWithin(unitId, within_ms);
    },
    async ask(request, priority, unit, isWanted) {
      const reply = await once(request, priority, unit ?? unitId, isWanted);
      // ABL's controller sleeps: the first request only wakes it, and may be lost or answered badly.
      const isLost = !reply.ok && (reply.code === "timeout" || reply.code === "garbled");
      return isLost && profile.limits.send_twice === true ? once(request, priority, unit ?? unitId, isWanted) : reply;
    },
  };
}

/** The request that writes `value` (in the profile's unit) as the document says; raw numbers are rounded down. */
export function writeRequest(
  profile: Pick<DeviceProfile, "word_order">,
  write: {
    readonly fc: ProfileWrite["fc"];
    readonly address: number;
    readonly type: ProfileWrite["type"];
    readonly scale?: number | undefined;
  },
  value: number,
): ModbusRequest {
  if (write.type === "bit") {
    return write.fc === 15
      ? { fc: 15, address: write.address, bits: [value !== 0] }
      : { fc: 5, address: write.address, on: value !== 0 };
  }
  const isFloat = write.type === "f32" || write.type === "f64";
  const raw = isFloat ? value / (write.scale ?? 1) : rawDown(value, write.scale ?? 1);
  const words = encodeNumber(raw, write.type, profile.word_order);
  const [first] = words;
  return write.fc === 6 && words.length === 1 && first !== undefined
    ? { fc: 6, address: write.address, value: first }
    : { fc: 16, address: write.address, values: words };
}

/** Always down, so that a box never gets more than was meant; 16 / 0.1 is 160, not 159, in spite of binary fractions. */
export const rawDown = (value: number, scale: number): number => Math.floor(value / scale + 1e-6);
