import { z } from "zod";
import { lineSchema } from "./adopt-device.ts";
import { siteProblemSchema } from "./app.ts";
import { forTechnician, notFound } from "./base.ts";
import { current_mA, identifier, shortText } from "./quantities.ts";

const port = z.int().min(1).max(65_535);
const host = z.string().min(1).max(253);

/** Where a device is reached. A password is told once and never shown again. */
export const deviceWireSchema = z.discriminatedUnion("kind", [
  lineSchema.extend({ kind: z.literal("serial"), path: z.string().min(1).max(255) }),
  z.object({ kind: z.enum(["modbus-tcp", "rtu-over-tcp", "udp", "tcp-raw"]), host, port }),
  z.object({ kind: z.literal("http"), host, port, user: z.string().max(128).nullable() }),
  z.object({
    kind: z.literal("udp-multicast"),
    group: z.string().min(1).max(15),
    port,
    /** Our own address in the network to listen in; `null`: the system's choice. */
    interface: z.string().max(15).nullable(),
  }),
]);
export type DeviceWire = z.infer<typeof deviceWireSchema>;

/** By which document a device is spoken with, and where. */
const byProfile = z.object({
  kind: z.literal("profile"),
  profileId: identifier,
  wire: deviceWireSchema,
  unitId: z.int().min(0).max(255),
  /** Which socket of a box whose registers repeat for each of them. */
  connector: z.int().min(1).max(100),
  /** Tells meters apart that speak without being asked. */
  serial: z.string().max(64).nullable(),
});

const named = { id: identifier.regex(/^[A-Za-z0-9_-]+$/u), name: shortText };

const stationSettings = z.object({
  kind: z.literal("station"),
  ...named,
  circuitId: identifier,
  phases: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  rotation: z.string().max(6),
  min_mA: current_mA,
  max_mA: current_mA,
  step_mA: current_mA,
  /** What the box keeps when it hears nothing. */
  fallback_mA: current_mA,
  priority: z.int().min(1).max(10),
  by: z.discriminatedUnion("kind", [
    byProfile,
    z.object({
      kind: z.literal("ocpp"),
      identity: z.string().min(1).max(64),
      connector: z.int().min(1).max(100),
    }),
  ]),
});

const meterSettings = z.object({
  kind: z.literal("meter"),
  ...named,
  /** The circuit that it measures; `null`: none. */
  circuitId: identifier.nullable(),
  by: byProfile,
});

export const deviceSettingsSchema = z.discriminatedUnion("kind", [stationSettings, meterSettings]);
export type DeviceSettings = z.infer<typeof deviceSettingsSchema>;

const key = z.object({ kind: z.enum(["station", "meter"]), id: identifier });
/** Of the whole site, so that nobody overwrites what another changed meanwhile. */
const version = z.string().min(1).max(64);

export const shownSettingsSchema = z.object({
  version,
  settings: deviceSettingsSchema,
  /** Whether a password for its wire is stored. */
  hasPassword: z.boolean(),
  /** The circuit that only this meter watches, where nothing says how much else it carries; `null`: none. */
  unwatched: z.object({ circuitId: identifier, name: z.string() }).nullable(),
  /** Other devices on its wire: a new address of the wire may be theirs too. */
  alsoOnWire: z.array(z.string()),
});
export type ShownSettings = z.infer<typeof shownSettingsSchema>;

/** Largest load beside chargers, on each phase, of a circuit that loses its meter and has no such number yet. */
const otherLoad_mA = current_mA.optional();

export const saveDeviceSchema = z.object({
  /** As it was read; `null` for a device that is new. */
  version: version.nullable(),
  settings: deviceSettingsSchema,
  /** For HTTP: left out, the stored one stays; `null`: none. */
  password: z.string().min(1).max(128).nullable().optional(),
  /** Whether the other devices on the wire move with it when the wire is another. */
  othersMove: z.boolean().default(true),
  otherLoad_mA,
});
export type SaveDevice = z.infer<typeof saveDeviceSchema>;

export const triedDeviceSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), readings: z.record(z.string(), z.unknown()) }),
  z.object({ ok: z.literal(false), detail: z.string() }),
]);
export type TriedDevice = z.infer<typeof triedDeviceSchema>;

const changeErrors = {
  ...notFound,
  CONFLICT: {
    status: 409,
    message: "this cannot be changed now",
    /** `changed`: by somebody else meanwhile; `charging`: a session runs there; `wire-in-use`: by devices of the site. */
    data: z.object({ why: z.enum(["demo", "changed", "charging", "busy", "wire-in-use"]) }),
  },
  INVALID: {
    status: 422,
    message: "this does not fit the site",
    data: z.object({ problems: z.array(siteProblemSchema) }),
  },
} as const;

export const deviceSettingsProcedures = {
  settings: forTechnician
    .errors(notFound)
    .route({ method: "GET", path: "/devices/{kind}/{id}/settings", summary: "What the site knows of a device" })
    .input(key)
    .output(shownSettingsSchema),
  /** Stores a new version of the site and starts its devices anew; sessions go on. */
  save: forTechnician
    .errors(changeErrors)
    .route({ method: "POST", path: "/devices/save", summary: "Add a device, or change one" })
    .input(saveDeviceSchema)
    .output(z.object({ id: identifier })),
  /** Takes a device off the site; what it has recorded stays. */
  remove: forTechnician
    .errors(changeErrors)
    .route({ method: "POST", path: "/devices/remove", summary: "Take a device off the site" })
    .input(key.extend({ version, otherLoad_mA }))
    .output(z.object({ id: identifier })),
  /** Asks a device once, before it is stored, over a wire that the site does not use. Only reads. */
  tryOut: forTechnician
    .errors(changeErrors)
    .route({ method: "POST", path: "/devices/try", summary: "Ask a device once over a wire that is free" })
    .input(saveDeviceSchema.omit({ version: true, othersMove: true }))
    .output(triedDeviceSchema),
  ports: forTechnician
    .route({ method: "GET", path: "/devices/ports", summary: "Serial ports of this machine" })
    .output(z.array(z.object({ path: z.string(), inUse: z.boolean() }))),
};
