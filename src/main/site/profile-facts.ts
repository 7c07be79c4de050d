import type { ProfileFacts } from "../../contract/index.ts";
import type { AnyProfile } from "../devices/profile/index.ts";

/** IEC 61851-1: the lowest current a pilot can signal; what a box is told to keep that can be told. */
const FALLBACK_MA = 6_000;

/** What a profile proposes for a device that is adopted by it. */
export function profileFacts(profile: AnyProfile): ProfileFacts {
  const { id, kind, vendor, models, transport } = profile;
  const max_A = kind === "charger" ? maxOf(profile) : null;
  const max_mA = max_A === null ? null : Math.round(max_A * 1000);
  return {
    id,
    kind,
    vendor,
    models: models.map(String),
    evidence: profile.evidence,
    wires: wiresFor(profile.driver, transport.options),
    usual: {
      line: lineOf(transport.rtu ?? transport.serial),
      tcpPort: transport.tcp?.port ?? null,
      udpPort: transport.udp?.port ?? null,
      httpPort: transport.http?.port ?? null,
      group: transport.udp?.group ?? null,
      unitId: transport.unit_id?.default ?? 1,
      sockets: transport.connectors?.max ?? 1,
    },
    max_mA,
    fallback_mA: kind === "meter" ? null : canBeTold(profile) ? FALLBACK_MA : max_mA,
  };
}

function maxOf(profile: AnyProfile): number | null {
  switch (profile.driver) {
    case "modbus":
    case "http":
      return profile.control?.set_current?.max ?? null;
    case "keba-udp": {
      const { raw_max, scale } = profile.control.set_current;
      return raw_max * scale;
    }
    default:
      return null;
  }
}

/** Whether the box takes a current to keep in silence; one that cannot be told may keep its last limit for ever. */
function canBeTold(profile: AnyProfile): boolean {
  switch (profile.driver) {
    case "modbus": {
      const { failsafe } = profile;
      return failsafe?.on_expiry !== "maximum" && failsafe?.current?.write_fc !== undefined;
    }
    case "keba-udp":
      return true;
    default:
      return false;
  }
}

type Line = NonNullable<AnyProfile["transport"]["rtu"] | AnyProfile["transport"]["serial"]>;

function lineOf(line: Line | undefined): ProfileFacts["usual"]["line"] {
  if (line === undefined) return null;
  return { baud: line.baud, parity: line.parity, dataBits: line.data_bits, stopBits: line.stop_bits };
}

/** Kinds of links such a device can answer on. */
function wiresFor(driver: AnyProfile["driver"], options: readonly string[]): string[] {
  const has = (...any: string[]): boolean => any.some((one) => options.includes(one));
  return [
    ...(has("rtu", "ascii") ? ["serial", "rtu-over-tcp"] : []),
    ...(has("rtu-over-tcp") && !has("rtu", "ascii") ? ["rtu-over-tcp"] : []),
    ...(driver !== "http" && has("tcp", "rtu") ? ["modbus-tcp"] : []),
    ...(has("udp") ? ["udp"] : []),
    ...(has("http") ? ["http"] : []),
    ...(has("serial") ? ["serial"] : []),
    ...(has("serial", "tcp-raw") ? ["tcp-raw"] : []),
    ...(has("udp-multicast") ? ["udp-multicast"] : []),
  ];
}
