import { randomBytes, scrypt, scryptSync, timingSafeEqual } from "node:crypto";

// OCPP security profile 1: what a station presents when it dials in (HTTP Basic). It is kept as a salted hash alone.

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** About 10 ms and 4 MB for each guess. */
const COST = { N: 4096, r: 8, p: 1 } as const;

export type PasswordHash = { readonly salt: Uint8Array; readonly hash: Uint8Array };

/** A hash with a salt of its own, so that two stations with one password look different. */
export function hashPassword(password: string): PasswordHash {
  const salt = randomBytes(SALT_BYTES);
  return { salt, hash: scryptSync(Buffer.from(password), salt, HASH_BYTES, COST) };
}

/** Whether these bytes are the password; computed beside the main thread, compared in a time that tells nothing. */
export function isPassword(given: Uint8Array, { salt, hash }: PasswordHash): Promise<boolean> {
  return new Promise((resolve, reject) => {
    scrypt(given, salt, HASH_BYTES, COST, (error, derived) => {
      if (error === null) resolve(timingSafeEqual(derived, hash));
      else reject(error);
    });
  });
}
