import { z } from "zod";

/** Who may call a procedure; each role may do all that the ones after it in its row of `RANK` may. */
export const ROLES = ["owner", "technician", "billing", "viewer", "kiosk"] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

const ALLOWS: Readonly<Record<Role, readonly Role[]>> = {
  owner: ["owner", "technician", "billing", "viewer", "kiosk"],
  technician: ["technician", "viewer", "kiosk"],
  billing: ["billing", "viewer", "kiosk"],
  viewer: ["viewer", "kiosk"],
  kiosk: ["kiosk"],
};

/** True when somebody signed in as `held` may call what needs `needed`. */
export const mayCall = (held: Role, needed: Role): boolean => ALLOWS[held].includes(needed);
