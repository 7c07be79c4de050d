import type { ProtectiveDevice, Sharing, SiteSignal } from "../balancing/index.ts";
import type { Milliamp, PerPhase, Phase, Watt } from "../units/index.ts";

/** Order in which a box's own L1, L2, L3 meet the site's phases. "L2L3L1": the box's L1 hangs on the site's L2. */
export type Rotation = "L1L2L3" | "L2L3L1" | "L3L1L2" | "L1L3L2" | "L2L1L3" | "L3L2L1" | "L1" | "L2" | "L3";

/** A protected part of the site's wiring; the root is the main fuse. */
export type Circuit = {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | null;
  readonly fuse_mA: PerPhase<Milliamp>;
  /** Kept free below the fuse on every phase. */
  readonly margin_mA: Milliamp;
  /** Meter that measures everything below this circuit; `null`: the load is calculated from its EVSEs. */
  readonly meterId: string | null;
  readonly limit_W: Watt | null;
  /** Largest load other than EVSEs to assume while the meter is silent or absent; `null`: not configured. */
  readonly otherLoad_mA_max: PerPhase<Milliamp> | null;
  /** What protects it, and so how long an overload may last (balancing.md §1.5); left out: a circuit breaker of IEC 60898. */
  readonly protection?: ProtectiveDevice;
  /** `delta`: 230 V between the lines (IT networks), no neutral; left out: `star`. */
  readonly system?: "star" | "delta";
  /** Largest difference between the loads of two phases that cars may cause; left out: none is kept. */
  readonly unbalance_mA?: Milliamp;
  /** How cars below it share; left out: as the circuit above. */
  readonly sharing?: Sharing;
};

/** How we reach a box. One station of the site file is one independently charging part (EVSE). */
export type Connection =
  | { readonly kind: "ocpp"; readonly identity: string; readonly connectorId: number }
  /** Whatever a device profile describes: Modbus, HTTP, UDP … `unitId` means something on Modbus only. */
  | {
      readonly kind: "profile";
      readonly profileId: string;
      readonly linkId: string;
      readonly unitId: number;
      /** Which socket (from 1) of a box whose registers repeat for each of them; left out: the first. */
      readonly connector?: number;
    };

export type Station = {
  readonly id: string;
  readonly name: string;
  readonly circuitId: string;
  readonly phaseCount: 1 | 2 | 3;
  readonly rotation: Rotation;
  readonly current_mA_min: Milliamp;
  readonly current_mA_max: Milliamp;
  readonly step_mA: Milliamp;
  /** What the box keeps offering when it hears nothing from us; counted for it whenever it is silent. */
  readonly fallback_mA: Milliamp;
  readonly priority: number;
  readonly connection: Connection;
};

/** Parity, stop bits and data bits as they stand on the wire. */
export type SerialLine = {
  readonly baud: number;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
};

export type SerialLink = { readonly id: string; readonly kind: "serial"; readonly path: string } & SerialLine;
type HostPort = { readonly id: string; readonly host: string; readonly port: number };
export type UdpLink = HostPort & { readonly kind: "udp" };
/** Wires that registers are asked over. */
export type ModbusLink = SerialLink | UdpLink | (HostPort & { readonly kind: "rtu-over-tcp" | "modbus-tcp" });
/** Where a device is on the network. The password stays here: no log, no view and no exported file shows it. */
export type HttpLink = HostPort & { readonly kind: "http"; readonly user?: string; readonly password?: string };
/** A TCP server that repeats a meter's serial port as it is. */
export type TcpRawLink = HostPort & { readonly kind: "tcp-raw" };
export type MulticastLink = {
  readonly id: string;
  readonly kind: "udp-multicast";
  readonly group: string;
  readonly port: number;
  /** Our address on the network to listen in; left out: the system's choice. */
  readonly interface?: string;
};

export type Link = ModbusLink | HttpLink | UdpLink | TcpRawLink | MulticastLink;

/** Whether registers can be asked over this link. */
export const isModbusLink = (link: Link): link is ModbusLink =>
  link.kind === "serial" || link.kind === "udp" || link.kind === "rtu-over-tcp" || link.kind === "modbus-tcp";

export type MeterDevice = {
  readonly id: string;
  readonly name: string;
  readonly profileId: string;
  readonly linkId: string;
  readonly unitId: number;
  /** Tells meters apart that speak on one group without being asked. */
  readonly serial?: string;
};

export type SiteIdentity = {
  readonly name: string;
  /** IANA zone; it decides months, days and prices, whatever zone the viewer is in. */
  readonly timezone: string;
  /** ISO 4217 code. */
  readonly currency: string;
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string;
  /** Line-to-neutral voltage used where none is measured. */
  readonly nominal_V: number;
};

/** Hours of the local day with a price of their own. Up to and including midnight `until_minute` is 1440. */
export type PriceHours = {
  /** ISO weekdays they begin on, 1 is Monday; left out: every day. */
  readonly weekdays?: readonly number[];
  readonly from_minute: number;
  /** At or before `from_minute`: on the next day. */
  readonly until_minute: number;
  readonly price_micro_per_kWh: number;
};

/** What energy and power cost the site, for planning ahead. Prices are whole millionths of its currency. */
export type SitePlanning = {
  /** The first of `hours` that holds, else `otherwise`; left out: a kWh always costs the same. */
  readonly prices?: { readonly otherwise_micro_per_kWh: number; readonly hours: readonly PriceHours[] };
  /** What an exported kWh brings; left out: nothing. */
  readonly feedIn_micro_per_kWh?: number;
  /** Price of the month's highest quarter hour. `floor_W` is charged even when less was drawn. */
  readonly peak?: { readonly price_micro_per_kW: number; readonly floor_W: Watt };
  /** Mean power that any quarter hour may have by contract. */
  readonly quarterLimit_W?: Watt;
};

/** Everything the engine must know about the place: valid by construction, see `siteProblems`. */
export type SiteModel = {
  readonly identity: SiteIdentity;
  readonly circuits: readonly Circuit[];
  readonly links: readonly Link[];
  readonly meters: readonly MeterDevice[];
  readonly stations: readonly Station[];
  /** How cars share; left out: what everybody needs first, then equally. */
  readonly sharing?: Sharing;
  /** What it can plan ahead for; left out: nothing is planned. */
  readonly planning?: SitePlanning;
  /** Limits that come from outside; left out: none. */
  readonly signals?: readonly SiteSignal[];
};

const ORDER: Readonly<Record<Rotation, readonly Phase[]>> = {
  L1L2L3: ["L1", "L2", "L3"],
  L2L3L1: ["L2", "L3", "L1"],
  L3L1L2: ["L3", "L1", "L2"],
  L1L3L2: ["L1", "L3", "L2"],
  L2L1L3: ["L2", "L1", "L3"],
  L3L2L1: ["L3", "L2", "L1"],
  L1: ["L1"],
  L2: ["L2"],
  L3: ["L3"],
};

/** The site phases that the box's own L1, L2, L3 reach, in the box's order and no longer than its phase count. */
export const wiredPhases = (station: Pick<Station, "phaseCount" | "rotation">): readonly Phase[] =>
  ORDER[station.rotation].slice(0, station.phaseCount);

/** Turns values in the box's order into site order; phases the box is not wired to are `absent`. */
export function toSitePhases<T>(
  station: Pick<Station, "phaseCount" | "rotation">,
  ownValues: PerPhase<T>,
  absent: T,
): PerPhase<T> {
  const wired = wiredPhases(station);
  const at = (phase: Phase): T => {
    const own = wired.indexOf(phase);
    return own === 0 || own === 1 || own === 2 ? ownValues[own] : absent;
  };
  return [at("L1"), at("L2"), at("L3")];
}

/** The circuit and its ancestors, nearest first. Unknown ids and cycles end the walk. */
export function pathToRoot(circuits: ReadonlyMap<string, Circuit>, circuitId: string): readonly Circuit[] {
  const path: Circuit[] = [];
  let next: string | null = circuitId;
  while (next !== null && path.length <= circuits.size) {
    const circuit: Circuit | undefined = circuits.get(next);
    if (circuit === undefined || path.includes(circuit)) break;
    path.push(circuit);
    next = circuit.parentId;
  }
  return path;
}
