import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

export type SimulatedAuth = { readonly kind: "basic" | "digest"; readonly user: string; readonly password: string };

const REALM = "simulated";
const NONCE = "5f3a9c1e";

/** What an unauthorised client is told. */
export const challengeOf = (auth: SimulatedAuth): string =>
  auth.kind === "basic"
    ? `Basic realm="${REALM}"`
    : `Digest qop="auth", realm="${REALM}", nonce="${NONCE}", algorithm=SHA-256`;

/** Whether a request carries the right answer; worked out here anew, after RFC 7616. */
export function isAuthorized(auth: SimulatedAuth, request: IncomingMessage): boolean {
  const header = request.headers.authorization ?? "";
  if (auth.kind === "basic")
    return header === `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString("base64")}`;
  const field = (name: string): string => new RegExp(`\\b${name}="?([^",]*)"?`, "u").exec(header)?.[1] ?? "";
  const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
  const secret = sha(`${auth.user}:${REALM}:${auth.password}`);
  const target = sha(`${request.method ?? ""}:${request.url ?? ""}`);
  const expected = sha(`${secret}:${NONCE}:${field("nc")}:${field("cnonce")}:auth:${target}`);
  return field("username") === auth.user && field("nonce") === NONCE && field("response") === expected;
}
