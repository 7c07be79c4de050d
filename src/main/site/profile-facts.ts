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
    wires: wiresFor(profile.driver, transport.options),
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

/** Kinds of links a scan can find such a device on. */
function wiresFor(driver: AnyProfile["driver"], options: readonly string[]): string[] {
  const has = (...any: string[]): boolean => any.some((one) => options.includes(one));
  return [
    ...(has("rtu", "ascii") ? ["serial", "rtu-over-tcp"] : []),
    ...(has("rtu-over-tcp") && !has("rtu", "ascii") ? ["rtu-over-tcp"] : []),
    ...(driver !== "http" && has("tcp", "rtu") ? ["modbus-tcp"] : []),
    ...(has("udp") ? ["udp"] : []),
    ...(has("http") ? ["http"] : []),
  ];
}
