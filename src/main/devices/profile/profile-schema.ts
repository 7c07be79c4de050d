import { z } from "zod";
import type { control } from "./schema-control.ts";
import { modbusSchema } from "./schema-modbus.ts";
import { httpSchema, kebaUdpSchema, p1Schema, smlSchema, speedwireSchema, sunspecSchema } from "./schema-network.ts";

/** Any device document, schema 1; `driver` says which kind it is. */
export const profileSchema = z.discriminatedUnion("driver", [
  modbusSchema,
  httpSchema,
  kebaUdpSchema,
  p1Schema,
  smlSchema,
  speedwireSchema,
  sunspecSchema,
]);

export type AnyProfile = z.infer<typeof profileSchema>;
/** The document of one driver. */
export type ProfileOf<D extends AnyProfile["driver"]> = Extract<AnyProfile, { driver: D }>;
/** A device read by Modbus registers. */
export type DeviceProfile = z.infer<typeof modbusSchema>;
export type ProfileRegister = DeviceProfile["registers"][number];
type Control = z.infer<typeof control>;
export type ProfileStep = NonNullable<Control["init"]>[number];
export type ProfileWrite = NonNullable<ProfileStep["write"]>;
export type ProfileSetter = Omit<NonNullable<Control["set_current"]>, "variants">;

/** JSON Schema of the documents, published under `resources/schemas` so that editors help while one is written. */
export function profileJsonSchema(): z.core.JSONSchema.BaseSchema {
  return {
    title: "Chargehand device profile",
    description: "How one charger or meter is read and told. Addresses are those of the wire, counted from 0.",
    ...z.toJSONSchema(profileSchema, { io: "input", reused: "ref" }),
  };
}
