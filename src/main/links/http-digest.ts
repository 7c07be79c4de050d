import { createHash, randomBytes } from "node:crypto";

/** What a server asks for in `WWW-Authenticate`; only schemes we can answer. */
export type HttpChallenge =
  | { readonly kind: "basic" }
  | {
      readonly kind: "digest";
      readonly realm: string;
      readonly nonce: string;
      readonly opaque: string | null;
      readonly algorithm: "MD5" | "SHA-256";
      readonly qop: boolean;
    };

const CHALLENGE_CHARS_MAX = 1_024;
const PARAMETER = /([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/giu;

/** Reads a challenge; `null` for schemes or algorithms we do not speak, and for nonsense. */
export function parseChallenge(header: string | undefined): HttpChallenge | null {
  if (header === undefined || header.length > CHALLENGE_CHARS_MAX) return null;
  if (/^basic\b/iu.test(header)) return { kind: "basic" };
  if (!/^digest\b/iu.test(header)) return null;
  const parameters = new Map([...header.matchAll(PARAMETER)].map((m) => [(m[1] ?? "").toLowerCase(), m[2] ?? m[3]]));
  const [realm, nonce] = [parameters.get("realm"), parameters.get("nonce")];
  const algorithm = (parameters.get("algorithm") ?? "MD5").toUpperCase();
  if (realm === undefined || nonce === undefined || (algorithm !== "MD5" && algorithm !== "SHA-256")) return null;
  const qops = (parameters.get("qop") ?? "").split(",").map((one) => one.trim());
  return {
    kind: "digest",
    realm,
    nonce,
    opaque: parameters.get("opaque") ?? null,
    algorithm,
    qop: qops.includes("auth"),
  };
}

export type Credentials = { readonly user: string; readonly password: string };

/** The `Authorization` header that answers `challenge`. RFC 7617 and RFC 7616, `qop=auth`; `count` from 1 per nonce. */
export function authorization(
  challenge: HttpChallenge,
  { user, password }: Credentials,
  request: { readonly method: string; readonly path: string; readonly count: number },
  clientNonce = randomBytes(8).toString("hex"),
): string {
  if (challenge.kind === "basic") return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const { realm, nonce, algorithm, opaque, qop } = challenge;
  const hash = (text: string): string =>
    createHash(algorithm === "MD5" ? "md5" : "sha256")
      .update(text)
      .digest("hex");
  const [secret, target] = [hash(`${user}:${realm}:${password}`), hash(`${request.method}:${request.path}`)];
  const count = request.count.toString(16).padStart(8, "0");
  const response = qop
    ? hash(`${secret}:${nonce}:${count}:${clientNonce}:auth:${target}`)
    : hash(`${secret}:${nonce}:${target}`);
  const fields = [
    `username="${user.replaceAll(/["\\]/gu, "\\$&")}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${request.path}"`,
    `algorithm=${algorithm}`,
    `response="${response}"`,
    ...(qop ? ["qop=auth", `nc=${count}`, `cnonce="${clientNonce}"`] : []),
    ...(opaque === null ? [] : [`opaque="${opaque}"`]),
  ];
  return `Digest ${fields.join(", ")}`;
}
