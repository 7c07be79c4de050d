import { isModbusLink, type ModbusLink, type SiteModel } from "../../../core/site/index.ts";
import { createBusOwner, type BusHealth, type BusOwner } from "../../links/bus.ts";
import type { ByteLink } from "../../links/byte-link.ts";
import { createDatagramLink } from "../../links/datagram-link.ts";
import { createSerialLink } from "../../links/serial-link.ts";
import { createTcpLink } from "../../links/tcp-link.ts";
import type { Clock } from "../ports.ts";

/** One bus per serial port or peer, opened when its first device asks for it. */
export interface BusPool {
  /**
   * `null` when the site has no such link, or registers cannot be asked over it. `ascii`: the device speaks Modbus ASCII;
   * what the first device of a link speaks goes for all of them.
   */
  busOf(linkId: string, ascii?: boolean): { readonly bus: BusOwner; readonly link: ModbusLink } | null;
  health(): readonly (BusHealth & { readonly linkId: string })[];
  /** Answers everything under way at once and frees the ports. */
  close(): Promise<void>;
}

export function createBusPool(links: SiteModel["links"], clock: Clock): BusPool {
  const usable = links.filter(isModbusLink);
  const buses = new Map<string, BusOwner>();
  return {
    busOf(linkId, ascii = false) {
      const link = usable.find((one) => one.id === linkId);
      if (link === undefined) return null;
      const place = placeOf(link);
      const bus = buses.get(place) ?? openBus(link, clock, ascii);
      buses.set(place, bus);
      return { bus, link };
    },
    health: () =>
      [...buses].map(([place, bus]) => ({
        ...bus.health(),
        linkId: usable.find((link) => placeOf(link) === place)?.id ?? place,
      })),
    async close() {
      await Promise.all([...buses.values()].map((bus) => bus.close()));
    },
  };
}

function placeOf(link: ModbusLink): string {
  if (link.kind === "serial") return link.path;
  const place = `${link.host}:${String(link.port)}`;
  return link.kind === "udp" ? `udp ${place}` : place;
}

function openBus(link: ModbusLink, clock: Clock, ascii: boolean): BusOwner {
  const real_ms = (duration_ms: number): number => clock.real_ms(duration_ms);
  const onNetwork = (bytes: ByteLink, framing: "mbap" | "ascii" | "rtu"): BusOwner =>
    createBusOwner({ link: bytes, framing, real_ms, baud: null });
  switch (link.kind) {
    case "serial":
      return createBusOwner({
        link: createSerialLink(link),
        // RTU needs all 8 bits of a byte (Modbus over Serial Line 2.5.1), so 7 data bits mean ASCII.
        framing: ascii || link.dataBits === 7 ? "ascii" : "rtu",
        real_ms,
        baud: link.baud,
      });
    case "modbus-tcp":
      return onNetwork(createTcpLink(link), "mbap");
    case "rtu-over-tcp":
      return onNetwork(createTcpLink(link), ascii ? "ascii" : "rtu");
    case "udp":
      return onNetwork(createDatagramLink(link), "mbap");
  }
}
