import { z } from "zod";
import type { ModbusRequest } from "../../protocol/modbus/index.ts";
import type { Exchange } from "../exchanges.ts";
import type { DeviceProfile } from "../profile/index.ts";

/** A place that the document writes to; everything else of it does not matter here. */
const placeSchema = z.object({
  address: z.number().optional(),
  write_address: z.number().optional(),
  addresses: z.array(z.number()).optional(),
  scale: z.number().optional(),
  unit: z.string().optional(),
});
type Place = z.infer<typeof placeSchema>;

const holds = (place: Place, address: number): boolean =>
  (place.write_address ?? place.address) === address || place.addresses?.includes(address) === true;

/** By which name of the document a request writes, and the value in the document's unit where it is one number. */
export function writtenNames(profile: DeviceProfile, request: ModbusRequest): Exchange["decoded"] {
  if (request.fc <= 4) return [];
  const named = [...Object.entries(profile.control ?? {}), ...guardNames(profile)];
  for (const [name, content] of named) {
    const place = placeSchema.safeParse(content);
    if (!place.success || !holds(place.data, request.address)) continue;
    const raw = numberIn(request);
    const { scale = 1, unit } = place.data;
    const isScaled = raw !== null && (scale !== 1 || unit !== undefined);
    const value =
      raw === null ? "" : isScaled ? `${String(Number((raw * scale).toFixed(3)))} ${unit ?? ""}` : String(raw);
    return [{ name, value: value.trim() }];
  }
  return [];
}

const guardNames = (profile: DeviceProfile): (readonly [string, unknown])[] =>
  Object.entries(profile.failsafe ?? {}).map(([name, content]) => [`failsafe.${name}`, content] as const);

function numberIn(request: ModbusRequest): number | null {
  switch (request.fc) {
    case 5:
      return request.on ? 1 : 0;
    case 6:
      return request.value;
    case 16:
      return request.values.length === 1 ? (request.values[0] ?? null) : null;
    default:
      return null;
  }
}
