import type { DeviceProfile } from "../devices/profile/index.ts";
import { createBusOwner } from "../links/bus.ts";
import { createTcpLink } from "../links/tcp-link.ts";
import type { Find } from "./find.ts";
import { linkUp } from "./link-up.ts";
import { scanUnits, unitRounds } from "./scan-units.ts";

/** A line behind a TCP port: frames as on the wire, or translated by the gateway. */
export type Gateway = {
  readonly kind: "rtu-over-tcp" | "modbus-tcp";
  readonly host: string;
  readonly port: number;
  /** Gateways use this port, or it has said that it is one: all units are asked, not only the usual ones. */
  readonly isKnown: boolean;
};

/** Real time for a gateway to pass a question on and the answer back. */
const UNIT_TIMEOUT_ms = 300;
const CONNECT_TIMEOUT_ms = 1_000;
/** Who answers with this much and nothing of it Modbus is no gateway. */
const FOREIGN_BYTES_max = 64;

/** Units that are asked behind this gateway, in the order of a serial scan. */
export function gatewayUnits({ isKnown }: Gateway, profiles: readonly DeviceProfile[]): readonly number[] {
  const [first, rest] = unitRounds(profiles);
  return isKnown ? [...first, ...rest] : first;
}

/** Asks the units of one line; only reads. Yields one event per unit, `null` where nobody is. */
export async function* scanGateway(
  gateway: Gateway,
  units: readonly number[],
  profiles: readonly DeviceProfile[],
  signal: AbortSignal,
): AsyncGenerator<Find | null> {
  const { kind, host, port } = gateway;
  const link = createTcpLink({ host, port });
  const framing = kind === "modbus-tcp" ? "mbap" : "rtu";
  const bus = createBusOwner({ link, framing, real_ms: (duration_ms) => duration_ms, baud: null });
  try {
    if (!(await linkUp(link, CONNECT_TIMEOUT_ms, signal)).ok) return;
    const onLines = profiles.filter(({ transport }) =>
      transport.options.some((option) => option === "rtu" || option === "rtu-over-tcp"),
    );
    const at = (unitId: number) => ({ kind, host, port, unitId });
    for await (const find of scanUnits({ bus, units, profiles: onLines, timeout_ms: UNIT_TIMEOUT_ms, at, signal })) {
      yield find;
      const { replies, staleBytes } = bus.health().total;
      if (replies === 0 && staleBytes > FOREIGN_BYTES_max) return;
    }
  } finally {
    await bus.close();
  }
}
