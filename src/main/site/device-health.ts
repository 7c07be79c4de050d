import type { DeviceHealth } from "../../contract/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import { failuresOf } from "../links/bus.ts";
import { METER_AGE_MS_FALLBACK } from "./circuit-view.ts";
import type { SiteState } from "./state.ts";
import type { WireHealth } from "./wired-devices.ts";

/** Every station, meter and link with what its wire has carried, for the expert's table. */
export function deviceHealth(
  site: SiteState,
  { modbus, network }: WireHealth,
  ocpp: readonly DeviceHealth[],
  now_ms: EpochMs,
): DeviceHealth[] {
  const counters = new Map(modbus.buses.map((bus) => [bus.linkId, bus]));
  const onNetwork = new Map(network.map((device) => [device.id, device]));
  const problems = new Map([...modbus.devices, ...network].map((device) => [device.id, device.problem]));
  const onWire = (id: string, linkId: string, unitId: number): { exchanges: number; errors: number } => {
    const device = onNetwork.get(id);
    if (device !== undefined) return { exchanges: device.exchanges, errors: device.errors };
    const unit = counters.get(linkId)?.units.get(unitId);
    return {
      exchanges: unit?.frames ?? 0,
      errors: unit === undefined ? 0 : failuresOf(unit),
    };
  };
  const place = (id: string, linkId: string, unitId: number): string =>
    onNetwork.has(id) ? linkId : `${linkId} #${String(unitId)}`;
  const stations = [...site.stations.values()].flatMap((state): DeviceHealth[] => {
    const { station } = state;
    if (station.connection.kind !== "profile") return [];
    const { profileId, linkId, unitId } = station.connection;
    return [
      {
        id: station.id,
        kind: "station",
        name: station.name,
        connection: `${profileId} · ${place(station.id, linkId, unitId)}`,
        online: state.online,
        lastExchange_ms: state.heard_at_ms,
        ...onWire(station.id, linkId, unitId),
        detail: problems.get(station.id) ?? state.lastFailure,
      },
    ];
  });
  const meters = site.model.meters.map((meter): DeviceHealth => {
    const reading = site.meters.get(meter.id)?.reading ?? null;
    return {
      id: meter.id,
      kind: "meter",
      name: meter.name,
      connection: `${meter.profileId} · ${place(meter.id, meter.linkId, meter.unitId)}`,
      online: reading !== null && now_ms - reading.measured_at_ms <= METER_AGE_MS_FALLBACK,
      lastExchange_ms: reading?.measured_at_ms ?? null,
      ...onWire(meter.id, meter.linkId, meter.unitId),
      detail: problems.get(meter.id) ?? null,
    };
  });
  const links = modbus.buses.map((bus): DeviceHealth => ({
    id: bus.linkId,
    kind: "link",
    name: bus.linkId,
    connection: bus.name,
    online: bus.state.kind === "up",
    lastExchange_ms: null,
    exchanges: bus.total.frames,
    errors: failuresOf(bus.total),
    detail: bus.queued > 0 ? `queue ${String(bus.queued)}` : null,
    hints: bus.hints.map(({ code }) => code),
  }));
  return [...ocpp, ...stations, ...meters, ...links];
}
