import { z } from "zod";
import { siteProblemSchema } from "./app.ts";
import { forTechnician } from "./base.ts";
import { current_mA, identifier, shortText } from "./quantities.ts";

const tcpPort = z.int().min(1).max(65_535);

export const lineSchema = z.object({
  baud: z.int().min(300).max(1_000_000),
  parity: z.enum(["none", "even", "odd"]),
  dataBits: z.union([z.literal(7), z.literal(8)]),
  stopBits: z.union([z.literal(1), z.literal(2)]),
});

/** Where a device answers, as a scan tells it. */
export const foundAtSchema = z.discriminatedUnion("kind", [
  lineSchema.extend({ kind: z.literal("serial"), path: z.string().min(1).max(255), unitId: z.int() }),
  z.object({
    kind: z.enum(["modbus-tcp", "rtu-over-tcp", "udp"]),
    host: z.string().min(1).max(253),
    port: tcpPort,
    unitId: z.int(),
  }),
  z.object({ kind: z.literal("http"), host: z.string().min(1).max(253), port: tcpPort }),
]);

const named = { id: identifier.regex(/^[A-Za-z0-9_-]+$/u), name: shortText };

/** What the device becomes; only a person knows this. */
const adoptedAs = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("station"),
    ...named,
    circuitId: identifier,
    phases: z.union([z.literal(1), z.literal(2), z.literal(3)]),
    rotation: z.string().max(6),
    max_mA: current_mA,
    /** What the box keeps when it hears nothing. */
    fallback_mA: current_mA,
  }),
  /** `circuitId`: the circuit that it measures; `null`: none. */
  z.object({ kind: z.literal("meter"), ...named, circuitId: identifier.nullable() }),
]);

export const adoptDeviceSchema = z.object({
  at: foundAtSchema,
  profileId: identifier,
  as: adoptedAs,
  /** For devices on HTTP that ask who calls; never shown again. */
  login: z.object({ user: z.string().max(128), password: z.string().max(128) }).optional(),
});
export type AdoptDevice = z.infer<typeof adoptDeviceSchema>;

/** What a device profile proposes for a device of its kind. */
export const profileFactsSchema = z.object({
  id: z.string(),
  kind: z.enum(["charger", "meter"]),
  vendor: z.string(),
  models: z.array(z.string()),
  /** How well its document is known: tried on a device, told by its maker or by several sources, by one. */
  evidence: z.string(),
  /** Kinds of links on which it can answer. */
  wires: z.array(z.string()),
  /** What its wires usually are; `null`: its document does not say. */
  usual: z.object({
    line: lineSchema.nullable(),
    tcpPort: tcpPort.nullable(),
    udpPort: tcpPort.nullable(),
    httpPort: tcpPort.nullable(),
    group: z.string().nullable(),
    unitId: z.int(),
    sockets: z.int().min(1),
  }),
  /** `null`: the profile does not say, or this is a meter. */
  max_mA: current_mA.nullable(),
  /** What the box is told to keep in silence; the maximum where nobody knows how to tell it. `null`: a meter. */
  fallback_mA: current_mA.nullable(),
});
export type ProfileFacts = z.infer<typeof profileFactsSchema>;

export const adoptProcedures = {
  profiles: forTechnician
    .route({
      method: "GET",
      path: "/device-profiles",
      summary: "Device profiles that a found device can be adopted by",
    })
    .output(z.array(profileFactsSchema)),
  /** Stores a new version of the site and starts the site's devices anew; sessions go on. */
  adopt: forTechnician
    .errors({
      CONFLICT: { status: 409, message: "there is no site, it is the demo, or another device is being adopted" },
      INVALID: {
        status: 422,
        message: "this does not fit the site",
        data: z.object({ problems: z.array(siteProblemSchema) }),
      },
    })
    .route({ method: "POST", path: "/devices/adopt", summary: "Make a found device part of the site" })
    .input(adoptDeviceSchema)
    .output(z.object({ id: identifier })),
};
