import { z } from "zod";
import { instant_ms } from "./quantities.ts";

// What an owner can ask of a station beyond charging: OCPP 1.6 LocalAuthListManagement, Reservation, FirmwareManagement,
// RemoteTrigger, configuration, and the messages of the security whitepaper. A 2.0.1 station gets its own form of it.

const card = z.string().min(1).max(20);
const location = z.string().min(1).max(512).describe("an http, https, ftp, ftps or sftp address");
const requestId = z.int().min(0).max(0x7f_ff_ff_ff);
const certificateKind = z.enum(["CentralSystemRootCertificate", "ManufacturerRootCertificate"]);
/** OCPP 1.6, 9: CiString50. A password is set where it is kept, too: `ocpp.setPassword`. */
const key = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => !/AuthorizationKey|BasicAuthPassword/iu.test(text), "a password is set by ocpp.setPassword");

/** Where a variable of OCPP 2.0.1 stands; `null`: the part is left out. */
export const variableAddressSchema = z.object({
  component: z.string().min(1).max(50),
  componentInstance: z.string().max(50).nullable(),
  evse: z.int().min(0).nullable(),
  connector: z.int().min(0).nullable(),
  variable: z.string().min(1).max(50),
  variableInstance: z.string().max(50).nullable(),
});
export type VariableAddress = z.infer<typeof variableAddressSchema>;

/** How often a box tries to fetch or send a file, and how long it waits in between; left out: as it likes. */
const tries = {
  retries: z.int().min(0).max(20).exactOptional(),
  retry_s: z.int().min(0).max(86_400).exactOptional(),
};
/** What was written in this time; left out: all of it. */
const period = { from_ms: instant_ms.exactOptional(), until_ms: instant_ms.exactOptional() };

/** `do` names the request; the rest is what it needs. What comes back is in `ocppAnswers`. */
export const ocppRequestSchema = z.discriminatedUnion("do", [
  z.object({ do: z.literal("configuration"), keys: z.array(key).max(100).default([]) }),
  z.object({ do: z.literal("configure"), key, value: z.string().max(500) }),
  /** All that the box says of its settings: asked now of 1.6, as last reported by 2.0.1 (see `base-report`). */
  z.object({ do: z.literal("settings") }),
  /** OCPP 2.0.1: one variable, also of an EVSE or with an instance. */
  z.object({
    do: z.literal("set-variable"),
    address: variableAddressSchema.refine(
      ({ variable }) => !/AuthorizationKey|BasicAuthPassword/iu.test(variable),
      "a password is set by ocpp.setPassword",
    ),
    value: z.string().max(2500),
  }),
  z.object({
    do: z.literal("trigger"),
    message: z.enum([
      "BootNotification",
      "DiagnosticsStatusNotification",
      "FirmwareStatusNotification",
      "Heartbeat",
      "MeterValues",
      "StatusNotification",
    ]),
  }),
  z.object({
    do: z.literal("extended-trigger"),
    message: z.enum([
      "BootNotification",
      "FirmwareStatusNotification",
      "Heartbeat",
      "LogStatusNotification",
      "MeterValues",
      "SignChargePointCertificate",
      "StatusNotification",
    ]),
  }),
  z.object({ do: z.literal("local-list-version") }),
  z.object({
    do: z.literal("send-local-list"),
    version: z.int().min(0).max(0x7f_ff_ff_ff),
    update: z.enum(["Full", "Differential"]),
    entries: z
      .array(
        z.object({
          idToken: card,
          status: z.enum(["Accepted", "Blocked", "Expired", "Invalid"]).nullable(),
          expires_at_ms: instant_ms.nullable().default(null),
        }),
      )
      .max(500),
  }),
  /** The cards of all customers as the box's whole list, with the next version. */
  z.object({ do: z.literal("send-site-cards") }),
  z.object({ do: z.literal("reserve"), reservationId: requestId, idToken: card, until_ms: instant_ms }),
  z.object({ do: z.literal("cancel-reservation"), reservationId: requestId }),
  z.object({ do: z.literal("update-firmware"), location, at_ms: instant_ms, ...tries }),
  z.object({
    do: z.literal("signed-update-firmware"),
    requestId,
    location,
    at_ms: instant_ms,
    ...tries,
    signingCertificate: z.string().max(5500),
    signature: z.string().max(800),
  }),
  z.object({ do: z.literal("diagnostics"), location, ...tries, ...period }),
  z.object({
    do: z.literal("log"),
    requestId,
    kind: z.enum(["DiagnosticsLog", "SecurityLog"]),
    location,
    ...tries,
    ...period,
  }),
  z.object({ do: z.literal("install-certificate"), kind: certificateKind, certificate: z.string().max(5500) }),
  z.object({
    do: z.literal("delete-certificate"),
    hashAlgorithm: z.enum(["SHA256", "SHA384", "SHA512"]),
    issuerNameHash: z.string().max(128),
    issuerKeyHash: z.string().max(128),
    serialNumber: z.string().max(40),
  }),
  z.object({ do: z.literal("installed-certificates"), kind: certificateKind }),
  z.object({ do: z.literal("certificate-signed"), chain: z.string().max(10_000) }),
  z.object({ do: z.literal("clear-cache") }),
  z.object({ do: z.literal("availability"), type: z.enum(["Operative", "Inoperative"]) }),
  z.object({ do: z.literal("clear-charging-profiles") }),
  z.object({ do: z.literal("composite-schedule"), duration_s: z.int().min(1).max(86_400) }),
  z.object({
    do: z.literal("data-transfer"),
    vendorId: z.string().min(1).max(255),
    messageId: z.string().max(50),
    data: z.string().max(10_000),
  }),
  /** OCPP 2.0.1: everything it is and can do; it comes in parts, for which see `variables`. */
  z.object({ do: z.literal("base-report") }),
  z.object({ do: z.literal("variables") }),
]);
export type OcppRequest = z.infer<typeof ocppRequestSchema>;
