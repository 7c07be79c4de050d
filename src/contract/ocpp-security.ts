import { z } from "zod";
import { deviceErrors, forOwner, forViewer, notFound } from "./base.ts";
import { instant_ms } from "./quantities.ts";

const identity = z.string().min(1).max(64);

/** Where chargers call in, and what they need to do so encrypted. */
export const ocppDoorSchema = z.object({
  url: z.string(),
  /** The same port by TLS; `null`: there is none, for which see `problem`. */
  tlsUrl: z.string().nullable(),
  /** The site's own authority, which a charger has to know; `null`: there is none that can be used. */
  ca: z
    .object({
      pem: z.string(),
      /** SHA-256, as in "AB:CD:…": by it one sees that the right one was loaded. */
      fingerprint: z.string(),
      validTo_ms: instant_ms,
    })
    .nullable(),
  /** Why there is no TLS, or why it cannot be renewed, now or within half a year. */
  problem: z
    .object({
      code: z.enum(["ca-damaged", "ca-missing", "ca-out-of-date", "ca-ends-soon", "not-stored"]),
      file: z.string(),
      detail: z.string(),
    })
    .nullable(),
  /** Who could not agree on TLS with us lately, newest first, the last of each address. */
  failures: z.array(
    z.object({
      address: z.string(),
      reason: z.enum(["ca-unknown", "too-old", "no-cipher", "broken-off", "no-certificate"]),
      at_ms: instant_ms,
      count: z.int().min(1),
    }),
  ),
});
export type OcppDoor = z.infer<typeof ocppDoorSchema>;

/** How one station comes in, and how it has to. */
export const stationSecuritySchema = z.object({
  identity,
  requiresTls: z.boolean(),
  asksPassword: z.boolean(),
  /** How it came last; `null`: it has not come yet. */
  came: z.object({ at_ms: instant_ms, encrypted: z.boolean(), withPassword: z.boolean() }).nullable(),
  /**
   * OCPP 1.6 security whitepaper: 0 open, 1 password, 2 password and TLS. `null`: it has not come yet, or by TLS without a
   * password, for which there is no number.
   */
  profile: z.union([z.literal(0), z.literal(1), z.literal(2)]).nullable(),
});
export type StationSecurity = z.infer<typeof stationSecuritySchema>;

const noTls = { CONFLICT: { status: 409, message: "there is no TLS here; `door` says why" } } as const;

export const ocppSecurityContract = {
  door: forViewer.route({ method: "GET", path: "/ocpp/door" }).output(ocppDoorSchema),
  station: forViewer
    .errors(notFound)
    .route({ method: "GET", path: "/ocpp/{identity}/security" })
    .input(z.object({ identity }))
    .output(stationSecuritySchema),
  /** From now on this station is refused unless it comes by TLS; a connection without it ends at once. */
  requireTls: forOwner
    .errors({ ...notFound, ...noTls })
    .route({ method: "POST", path: "/ocpp/{identity}/tls" })
    .input(z.object({ identity, required: z.boolean() }))
    .output(stationSecuritySchema),
  /** Has the box load our authority's certificate (InstallCertificate), so that it can come by TLS. */
  sendCa: forOwner
    .errors({ ...deviceErrors, ...noTls })
    .route({ method: "POST", path: "/ocpp/stations/{stationId}/ca" })
    .input(z.object({ stationId: z.string().min(1).max(64) }))
    .output(z.object({ accepted: z.literal(true) })),
  /**
   * Makes a new authority; files there are set aside. Every charger that comes by TLS has to be given it, so this is for
   * one that was lost or is known to others.
   */
  replaceCa: forOwner.errors(noTls).route({ method: "POST", path: "/ocpp/ca" }).output(ocppDoorSchema),
};
