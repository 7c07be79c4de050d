import { z } from "zod";
import { type OcppRequest, variableAddressSchema } from "./ocpp-request.ts";
import { instant_ms } from "./quantities.ts";

// What a station answers to each request of `ocpp.ask`, in one form for OCPP 1.6 and 2.0.1.

const word = z.string().max(500);
const value = z.string().max(2500);
/** The box's own word for its yes: "Accepted", "RebootRequired", "Scheduled", "AcceptedCanceled". */
const said = z.object({ status: word });
const nothing = z.object({});

export const boxSettingSchema = z.object({
  /** Key of 1.6; in 2.0.1 component and variable with what tells them apart. No two of a box have the same. */
  name: z.string().max(300),
  /** `null`: it gives none. What is secret is not in the list at all. */
  value: value.nullable(),
  readOnly: z.boolean(),
  /** This program sets it anew after each start of the box, whatever it is changed to. */
  setBySite: z.boolean(),
  /** `null` in OCPP 1.6, where the name is the key. */
  address: variableAddressSchema.nullable(),
  /** What a report of 2.0.1 tells of the variable; `null`: nothing. */
  unit: z.string().max(50).nullable(),
  type: z.string().max(50).nullable(),
  lowest: z.number().nullable(),
  highest: z.number().nullable(),
  choices: z.array(word).max(100),
});
export type BoxSetting = z.infer<typeof boxSettingSchema>;

export const installedCertificateSchema = z.object({
  hashAlgorithm: z.enum(["SHA256", "SHA384", "SHA512"]),
  issuerNameHash: z.string().max(128),
  issuerKeyHash: z.string().max(128),
  serialNumber: z.string().max(40),
});
export type InstalledCertificate = z.infer<typeof installedCertificateSchema>;

const file = z.object({ fileName: z.string().nullable() });

/** By the `do` of the request. */
export const ocppAnswers = {
  configuration: z.record(z.string(), z.string()),
  settings: z.object({ settings: z.array(boxSettingSchema), reported_at_ms: instant_ms.nullable() }),
  configure: said,
  "set-variable": said,
  trigger: nothing,
  "extended-trigger": said,
  "local-list-version": z.object({ version: z.int() }),
  "send-local-list": said,
  "send-site-cards": z.object({ version: z.int(), cards: z.int(), leftOut: z.int(), enabled: z.boolean().nullable() }),
  reserve: said,
  "cancel-reservation": said,
  "update-firmware": nothing,
  "signed-update-firmware": said,
  diagnostics: file,
  log: file,
  "install-certificate": said,
  "delete-certificate": said,
  "installed-certificates": z.object({ certificates: z.array(installedCertificateSchema) }),
  "certificate-signed": said,
  "clear-cache": said,
  availability: said,
  "clear-charging-profiles": nothing,
  "composite-schedule": z.record(z.string(), z.unknown()),
  "data-transfer": z.record(z.string(), z.unknown()),
  "base-report": nothing,
  variables: z.record(z.string(), z.string()),
} as const satisfies Record<OcppRequest["do"], z.ZodType>;
export type OcppAnswerTo<Do extends OcppRequest["do"]> = z.infer<(typeof ocppAnswers)[Do]>;
