import { z } from "zod";

/** One of these words, and a message that names them all. */
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, values.join(", ").replace(/, ([^,]+)$/u, " or $1"));

const PRICE = 'a price as a decimal such as "0.42", with at most 6 digits after the point';
const DECIMAL = /^\d{1,6}(?:\.\d{1,6})?$/u;

/** A price as text or number; exact either way. */
export const price = z
  .union([z.string().regex(DECIMAL, PRICE), z.number().min(0, PRICE)], PRICE)
  .refine((value) => DECIMAL.test(String(value)), PRICE);
