import { isDeepStrictEqual } from "node:util";
import type { LimitNote } from "../../../contract/index.ts";
import type { SiteModel } from "../../../core/site/index.ts";
import type { BusPool } from "../../devices/modbus/index.ts";
import type { BusOwner } from "../../links/bus.ts";
import { readModbusSignal } from "../signals/modbus-signal.ts";

/** Modbus exceptions by which a module says that it has no such input: no such function, no such address. */
const ABSENT: ReadonlySet<number> = new Set([1, 2]);

type Said = { readonly code: LimitNote["code"] | "input-absent"; readonly inputs: LimitNote["inputs"] };

/** The bus of a link of this site as it runs now; `null`: it is not open, or is spoken on in another way. */
export function runningBus(buses: BusPool, { links }: SiteModel, linkId: string): BusOwner | null {
  const running = buses.busOf(linkId);
  return running !== null &&
    isDeepStrictEqual(
      running.link,
      links.find(({ id }) => id === linkId),
    )
    ? running.bus
    : null;
}

/** What the module of a limit says now, asked once; `null`: it has none, or its wire is not there yet. */
export async function askModule(buses: BusPool, model: SiteModel, id: string | null): Promise<Said | null> {
  const signal = (model.signals ?? []).find((one) => one.id === id);
  if (signal === undefined) return null;
  const { source, limit } = signal;
  if (source.kind !== "digital-input" && source.kind !== "register") return null;
  const bus = runningBus(buses, model, source.linkId);
  if (bus === null) return null;
  const reply = await readModbusSignal(bus, source);
  const { unitId, address } = source;
  if (!reply.ok)
    return reply.code === "exception" && ABSENT.has(reply.exception)
      ? { code: "input-absent", inputs: { unit: unitId, address } }
      : { code: "no-answer", inputs: { unit: unitId } };
  const said = reply.said(limit);
  if (said === undefined) return { code: "no-answer", inputs: { unit: unitId } };
  if (source.kind === "digital-input") return { code: said === null ? "input-off" : "input-on", inputs: {} };
  if (said === null) return { code: "register-none", inputs: {} };
  return { code: "register-value", inputs: { limit_mA: said.limit_mA, limit_W: said.limit_W } };
}
