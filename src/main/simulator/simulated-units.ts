import type { MeterDevice, SiteModel, Station } from "../../core/site/index.ts";
import { profileForConnector, type AnyProfile, type DeviceProfile } from "../devices/profile/index.ts";
import { meterValue } from "./meter-values.ts";
import { createMeterBank, type ModbusBox } from "./modbus-box.ts";
import { profileBank, sharedBank, type RegisterBank } from "./modbus/index.ts";
import type { HttpBox, KebaUdpBox } from "./network-box.ts";
import { createHttpUnit, createSunspecBank, type HttpUnit } from "./network/index.ts";
import type { World } from "./world.ts";

/** The simulated devices of a site, by the id of their station, and how their profiles are found. */
export type SimulatedParts = {
  readonly site: SiteModel;
  readonly world: World;
  readonly profileOf: (id: string) => AnyProfile;
  readonly modbus: ReadonlyMap<string, ModbusBox>;
  readonly http: ReadonlyMap<string, HttpBox>;
  readonly keba: ReadonlyMap<string, KebaUdpBox>;
};

export const stationsOn = ({ site }: SimulatedParts, linkId: string): readonly Station[] =>
  site.stations.filter(({ connection }) => connection.kind === "profile" && connection.linkId === linkId);
export const metersOn = ({ site }: SimulatedParts, linkId: string): readonly MeterDevice[] =>
  site.meters.filter((meter) => meter.linkId === linkId);

/** Everything that answers registers on a link, by unit id; sockets of one box may share theirs. */
export function registerUnits(parts: SimulatedParts, linkId: string): ReadonlyMap<number, RegisterBank> {
  const banks = new Map<number, RegisterBank[]>();
  const add = (unitId: number, bank: RegisterBank): void => {
    banks.set(unitId, [...(banks.get(unitId) ?? []), bank]);
  };
  for (const { id, connection } of stationsOn(parts, linkId)) {
    const box = parts.modbus.get(id);
    if (connection.kind !== "profile" || box === undefined) continue;
    add(connection.unitId, box.bank);
    for (const [unitId, bank] of wholeStation(parts.profileOf(connection.profileId)))
      if (!banks.has(unitId)) add(unitId, bank);
  }
  for (const meter of metersOn(parts, linkId)) {
    const bank = meterBank(parts, meter);
    if (bank !== null) add(meter.unitId, bank);
  }
  return new Map(
    [...banks].flatMap(([unitId, [first, ...others]]) =>
      first === undefined ? [] : [[unitId, others.length === 0 ? first : sharedBank(first, others)] as const],
    ),
  );
}

/** Registers of the whole box under unit ids of their own. */
function wholeStation(profile: AnyProfile): readonly (readonly [number, RegisterBank])[] {
  if (profile.driver !== "modbus") return [];
  const { control: _, failsafe: __, ...described } = profile;
  const byUnit = Map.groupBy(profile.station_registers ?? [], (register) => register.unit_id);
  return [...byUnit].flatMap(([unitId, registers]) => {
    if (unitId === undefined) return [];
    const [values, onWrite] = [() => undefined, () => undefined];
    const bank = profileBank({ profile: { ...described, registers }, now_ms: () => 0, values, onWrite });
    return [[unitId, bank] as const];
  });
}

/** The profile of one socket of a box: its registers have moved. */
export const socketProfile = (profile: DeviceProfile, { connection }: Pick<Station, "connection">): DeviceProfile =>
  profileForConnector(profile, connection.kind === "profile" ? (connection.connector ?? 1) : 1);

function meterBank({ profileOf, world }: SimulatedParts, { id, profileId }: MeterDevice): RegisterBank | null {
  const profile = profileOf(profileId);
  if (profile.driver === "modbus") return createMeterBank({ profile, read: () => world.meter(id) });
  if (profile.driver !== "sunspec") return null;
  const bank = createSunspecBank({
    base: profile.discovery.base_addresses[0] ?? 0,
    model: "integer",
    values: (what) => meterValue(what, world.meter(id)),
  });
  return {
    answer(request) {
      bank.refresh();
      return bank.answer(request);
    },
  };
}

/** Everything behind one web address. */
export function httpUnits(parts: SimulatedParts, linkId: string): readonly HttpUnit[] {
  const boxes = stationsOn(parts, linkId).flatMap(({ id }) => parts.http.get(id)?.unit ?? []);
  const meters = metersOn(parts, linkId).flatMap((meter) => {
    const profile = parts.profileOf(meter.profileId);
    const values = (what: string): ReturnType<typeof meterValue> => meterValue(what, parts.world.meter(meter.id));
    return profile.driver === "http" ? [createHttpUnit({ profile, unitId: meter.unitId, values })] : [];
  });
  return [...boxes, ...meters];
}
