import { z } from "zod";
import { instant_ms } from "./quantities.ts";

// What is known here of a box beyond charging, without asking it.

const text = z.string().max(500);

/** What the box told by itself: how far firmware, diagnostics and logs are, security events, its boots. */
export const boxReportSchema = z.object({
  at_ms: instant_ms,
  /** Name of the message: "FirmwareStatusNotification", … */
  name: text,
  /** Its own word; at a boot the firmware it came with. */
  status: text.nullable(),
  /** Number of the request, or of the reservation, it is about. */
  about: z.int().nullable(),
});
export type BoxReport = z.infer<typeof boxReportSchema>;

/** What an owner asked of the box, and what came of it. */
export const boxRequestSchema = z.object({
  at_ms: instant_ms,
  /** Station it was asked as; a box can be several. */
  stationId: text,
  /** The `do` of the request. */
  asked: text,
  /** What was asked for, by the names of the request, without anything secret: key and value, location, idToken. */
  about: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  /** "ok", or why not. */
  outcome: z.enum(["ok", "offline", "timeout", "rejected", "not-supported", "not-followed", "invalid"]),
  /** In its own words; empty: none. */
  words: text,
});
export type BoxRequest = z.infer<typeof boxRequestSchema>;

export const ocppBeyondSchema = z.object({
  version: z.enum(["1.6", "2.0.1"]),
  connected: z.boolean(),
  firmware: text.nullable(),
  /** Names of the bays of this box at which a car charges. */
  charging: z.array(text),
  /** Ways it can send and fetch files, in its own words; `null`: it did not say. */
  fileWays: text.nullable(),
  /** The list of cards that it took last from us; `null`: none. */
  localList: z.object({ version: z.int(), cards: z.int(), at_ms: instant_ms }).nullable(),
  /** Cards of customers, and those of them that are too long for OCPP. */
  siteCards: z.object({ cards: z.int(), leftOut: z.int() }),
  /** Of this bay. */
  reservations: z.array(z.object({ reservationId: z.int(), idToken: text, until_ms: instant_ms })),
  /** Settings that hold only after the next restart. */
  restartFor: z.array(text),
  /** Newest first. */
  reports: z.array(boxReportSchema),
  requests: z.array(boxRequestSchema),
});
export type OcppBeyond = z.infer<typeof ocppBeyondSchema>;
