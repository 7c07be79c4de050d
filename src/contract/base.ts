import { oc } from "@orpc/contract";
import { z } from "zod";
import type { Role } from "./roles.ts";

/** Declared on every procedure; a call without the role is answered FORBIDDEN before any engine code runs. */
export type ProcedureMeta = { readonly role?: Role };

/** Expected trouble is a code that the caller must handle; `retry` of a device error says whether asking again helps. */
const base = oc.$meta<ProcedureMeta>({}).errors({
  NO_SITE: { status: 409, message: "no site is set up yet" },
  FORBIDDEN: { status: 403, message: "this needs another role", data: z.object({ needed: z.string() }) },
});

export const forKiosk = base.meta({ role: "kiosk" });
export const forViewer = base.meta({ role: "viewer" });
export const forBilling = base.meta({ role: "billing" });
export const forTechnician = base.meta({ role: "technician" });
export const forOwner = base.meta({ role: "owner" });

export const notFound = { NOT_FOUND: { status: 404, message: "there is no such record" } } as const;

export const deviceErrors = {
  ...notFound,
  DEVICE_FAILED: {
    status: 502,
    message: "the device did not do it",
    data: z.object({
      code: z.enum(["offline", "timeout", "rejected", "not-supported", "not-followed", "invalid"]),
      retry: z.boolean(),
      detail: z.string(),
    }),
  },
} as const;
