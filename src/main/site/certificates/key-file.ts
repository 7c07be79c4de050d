import { createPrivateKey, sign, verify, X509Certificate, type KeyObject } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import type { KeyedCertificate } from "./issue.ts";

/** Only the account that runs us reads a key. */
const PRIVATE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const PUBLIC_MODE = 0o644;
/** Our own have a quarter of it. */
const FILE_BYTES_MAX = 32_768;
const KEY = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/u;
const PROBE = Uint8Array.of(0x3f);
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/u;

export type ReadCertificate = KeyedCertificate & { readonly parsed: X509Certificate };
export type KeyFile =
  | ({ readonly kind: "good" } & ReadCertificate)
  | { readonly kind: "missing" }
  | { readonly kind: "damaged"; readonly detail: string };

/** A key and its certificate from one file; whatever is wrong with it is an answer. A key that others may read is shut. */
export function readKeyFile(path: string): KeyFile {
  let text: string;
  try {
    if (!existsSync(path)) return { kind: "missing" };
    const { size, mode } = statSync(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) chmodSync(path, PRIVATE_MODE);
    if (size > FILE_BYTES_MAX) return damaged("it is too large to be a key");
    text = readFileSync(path, "utf8");
  } catch (error) {
    return damaged(wordsOf(error));
  }
  const key = KEY.exec(text)?.[0];
  const certificate = CERTIFICATE.exec(text)?.[0];
  if (key === undefined || certificate === undefined) return damaged("it holds no key with its certificate");
  try {
    const parsed = new X509Certificate(certificate);
    const secret = createPrivateKey(key);
    if (!parsed.checkPrivateKey(secret)) return damaged("its key is not that of its certificate");
    if (!isWhole(secret, parsed.publicKey)) return damaged("what its key signs cannot be checked by its certificate");
    return { kind: "good", key: `${key}\n`, certificate: `${certificate}\n`, parsed };
  } catch (error) {
    return damaged(wordsOf(error));
  }
}

/** A private key carries its public half along: OpenSSL compares those alone and does not see damage to the rest. */
function isWhole(key: KeyObject, publicKey: KeyObject): boolean {
  return verify("sha256", PROBE, publicKey, sign("sha256", PROBE, key));
}

/** Writes a key and its certificate, wholly or not at all. Throws the system's error when the disk does not take it. */
export function writeKeyFile(path: string, { key, certificate }: KeyedCertificate): void {
  write(path, `${key.trimEnd()}\n${certificate}`, PRIVATE_MODE);
}

/** Writes what everybody may read, wholly or not at all. Throws the system's error when the disk does not take it. */
export function writePublicFile(path: string, text: string): void {
  write(path, text, PUBLIC_MODE);
}

function write(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const unfinished = `${path}.new`;
  const file = openSync(unfinished, "w", mode);
  try {
    // One that a power cut left behind keeps the mode it had.
    if (process.platform !== "win32") fchmodSync(file, mode);
    // All of it, or the system's error: a disk that fills up takes a part and says nothing.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}

/** Moves a file aside under a name that is free, and answers that name. Throws when the system does not let it. */
export function setAside(path: string, now_ms: number): string {
  const day = new Date(now_ms).toISOString().replaceAll(/[:.]/gu, "-");
  for (let no = 1; ; no += 1) {
    const aside = `${path}.set-aside-${day}${no === 1 ? "" : `-${String(no)}`}`;
    if (existsSync(aside)) continue;
    renameSync(path, aside);
    return aside;
  }
}

const damaged = (detail: string): KeyFile => ({ kind: "damaged", detail });
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
