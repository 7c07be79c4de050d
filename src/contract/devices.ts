import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { adoptProcedures, foundAtSchema, lineSchema } from "./adopt-device.ts";
import { forTechnician, forViewer, notFound } from "./base.ts";
import { deviceSettingsProcedures } from "./device-settings.ts";
import { deviceDetailSchema, deviceKey, deviceRawSchema, deviceSummarySchema } from "./device-views.ts";

/** Hosts, ports and units a scan may be asked for. */
const PORTS_MAX = 64;
const tcpPort = z.int().min(1).max(65_535);
const unit = z.int().min(1).max(247);
/** Where to look for devices. What is left out is taken from the device profiles. */
export const scanRequestSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("serial"),
    path: z.string().min(1).max(255),
    line: lineSchema.optional(),
    units: z.tuple([unit, unit]).optional(),
  }),
  z.object({
    kind: z.literal("network"),
    /** IPv4, /22 to /32, as in 192.168.1.0/24. */
    cidr: z.string().max(18),
    ports: z.array(tcpPort).max(PORTS_MAX).optional(),
  }),
]);
export type ScanRequest = z.infer<typeof scanRequestSchema>;

export const scanEventSchema = z.discriminatedUnion("kind", [
  /** `total` shrinks when a find makes other tries needless. */
  z.object({ kind: z.literal("progress"), done: z.int().min(0), total: z.int().min(0) }),
  z.object({
    kind: z.literal("found"),
    find: z.object({
      at: foundAtSchema,
      /** `null`: no profile fits, or several do equally; then a person chooses among `candidates`. */
      profileId: z.string().nullable(),
      candidates: z.array(z.string()).readonly(),
      model: z.string().nullable(),
      serial: z.string().nullable(),
      /** Two devices seem to answer under this address; left out: one does. */
      clash: z.literal(true).optional(),
    }),
  }),
  /** The port cannot be opened, in the system's own words. */
  z.object({ kind: z.literal("failed"), detail: z.string() }),
]);
export type ScanEvent = z.infer<typeof scanEventSchema>;

export const devicesContract = {
  /** Everything that is spoken with, and the wires it hangs on. */
  list: forViewer
    .route({ method: "GET", path: "/devices/list", summary: "All chargers, meters and links with their health" })
    .output(z.array(deviceSummarySchema)),
  get: forViewer
    .errors(notFound)
    .route({ method: "GET", path: "/devices/{kind}/{id}", summary: "Health, identity and counters of one device" })
    .input(deviceKey)
    .output(deviceDetailSchema),
  /** Not for viewers: messages name cards. */
  raw: forTechnician
    .errors(notFound)
    .route({ method: "GET", path: "/devices/{kind}/{id}/raw", summary: "Last exchanges and decoded values" })
    .input(deviceKey)
    .output(deviceRawSchema),
  /** Looks for devices and only reads; ends with the subscription. One scan at a time. */
  scan: forTechnician
    .errors({ CONFLICT: { status: 409, message: "a scan is under way, or the site itself uses this port" } })
    .route({ method: "POST", path: "/devices/scan", summary: "Look for devices on a bus or in the network" })
    .input(scanRequestSchema)
    .output(eventIterator(scanEventSchema)),
  ...adoptProcedures,
  ...deviceSettingsProcedures,
};
