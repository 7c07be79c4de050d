import { z } from "zod";
import { deviceErrors, forOwner, notFound } from "./base.ts";
import { ocppBeyondSchema } from "./ocpp-beyond.ts";
import { ocppRequestSchema } from "./ocpp-request.ts";
import { current_mA, instant_ms } from "./quantities.ts";

const purpose = z.enum(["TxDefaultProfile", "ChargePointMaxProfile", "TxProfile"]);
const text = z.string().max(500);

/** What one EVSE of an OCPP station was found to be and to do; `null`: it did not say, or it is not known yet. */
export const ocppFactsSchema = z.object({
  /** When the newest of it was found out. */
  at_ms: instant_ms,
  version: z.enum(["1.6", "2.0.1"]),
  vendor: text.nullable(),
  model: text.nullable(),
  serial: text.nullable(),
  firmware: text.nullable(),
  /** Row of the vendor file it is treated by. */
  vendorRow: text.nullable(),
  /** Unit in which it takes limits. */
  unit: z.enum(["A", "W"]).nullable(),
  stackLevelMax: z.int().min(0).nullable(),
  canSwitchPhases: z.boolean().nullable(),
  /** Card number it writes by itself when anybody may charge. */
  plugAndChargeToken: text.nullable(),
  purposes: z.object({ accepted: z.array(purpose), refused: z.array(purpose) }),
  /** How a new setpoint has to take the place of the one before. */
  replace: z.enum(["overwrite", "clear", "raise"]),
  /** Whether it does what it accepts, and by which evidence. */
  follows: z.object({
    state: z.enum(["unproven", "obeys", "offers-less", "disobeys"]),
    by: z.enum(["Current.Offered", "Power.Offered", "GetCompositeSchedule", "Current.Import"]).nullable(),
    /** What it offered instead, where it accepted more and offers less. */
    offered_mA: current_mA.nullable(),
    at_ms: instant_ms.nullable(),
  }),
  /** What it was seen to keep by itself when it was promised to keep `promised_mA`; `null`: it has not shown it. */
  fallback: z
    .object({ promised_mA: current_mA, current_mA: current_mA, timeout_ms: z.int().min(0) })
    .nullable()
    .default(null),
  /** Steps of its set-up that it refused, in its own words. */
  refusedSteps: z.array(text),
  /** Its configuration as far as it matters: keys of OCPP 1.6, or `Component.Variable` of its 2.0.1 report. */
  configuration: z.record(z.string(), text),
});
export type OcppFacts = z.infer<typeof ocppFactsSchema>;

export const ocppContract = {
  /**
   * What a station must present when it dials in (security profile 1); `null`: nothing. With `tellBox` the station gets it
   * too, and its old one stays good until it has come with the new one.
   */
  setPassword: forOwner
    .errors(deviceErrors)
    .route({ method: "POST", path: "/ocpp/{identity}/password" })
    .input(
      z.object({
        identity: z.string().min(1).max(64),
        password: z
          .string()
          .min(1)
          .max(128)
          .regex(/^[^\p{Cc}]*$/u)
          .nullable(),
        tellBox: z.boolean().default(false),
      }),
    )
    .output(z.object({ accepted: z.literal(true) })),
  /**
   * Asks a station for what OCPP has beyond charging: its configuration, local list, reservations, firmware, diagnostics,
   * certificates. `answer` is what it said beyond yes, in the form `ocppAnswers` has for the request; a refusal is
   * DEVICE_FAILED with its own words. Each is kept in `beyond`.
   */
  ask: forOwner
    .errors(deviceErrors)
    .route({ method: "POST", path: "/ocpp/stations/{stationId}/ask" })
    .input(z.object({ stationId: z.string().min(1).max(64), request: ocppRequestSchema }))
    .output(z.object({ answer: z.record(z.string(), z.unknown()) })),
  /** What is known here of the box a station belongs to; nothing is asked of it. */
  beyond: forOwner
    .errors(notFound)
    .route({ method: "GET", path: "/ocpp/stations/{stationId}/beyond" })
    .input(z.object({ stationId: z.string().min(1).max(64) }))
    .output(ocppBeyondSchema),
};
