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

/** `do` names the request; the rest is what it needs. */
export const ocppRequestSchema = z.discriminatedUnion("do", [
  z.object({ do: z.literal("configuration"), keys: z.array(key).max(100).default([]) }),
  z.object({ do: z.literal("configure"), key, value: z.string().max(500) }),
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
  z.object({ do: z.literal("reserve"), reservationId: requestId, idToken: card, until_ms: instant_ms }),
  z.object({ do: z.literal("cancel-reservation"), reservationId: requestId }),
  z.object({ do: z.literal("update-firmware"), location, at_ms: instant_ms }),
  z.object({
    do: z.literal("signed-update-firmware"),
    requestId,
    location,
    at_ms: instant_ms,
    signingCertificate: z.string().max(5500),
    signature: z.string().max(800),
  }),
  z.object({ do: z.literal("diagnostics"), location }),
  z.object({ do: z.literal("log"), requestId, kind: z.enum(["DiagnosticsLog", "SecurityLog"]), location }),
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
