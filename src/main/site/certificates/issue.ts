import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import { certificateOf, toBeSigned, type CertificateFields, type CertificateName } from "../../protocol/x509/index.ts";

/** A private key and the certificate of it, both in PEM. */
export type KeyedCertificate = { readonly key: string; readonly certificate: string };
export type KeyKind = "rsa" | "ec";

const DAY_MS = 86_400_000;
/** Of both keys: what every box can check; see docs/decisions/0015-ocpp-over-tls.md. */
const RSA_BITS = 2048;
const CURVE = "P-256";
const CA_DAYS = 20 * 365;
/** How long a server's certificate is valid from its making on. */
const SERVER_MS = 365 * DAY_MS;
/** A box whose clock has lost some months must still find it valid. */
const BACKDATED_DAYS = 365;
const SERIAL_BYTES = 16;
/** In the name of every certificate of ours. */
export const ORGANIZATION = "Chargehand";
const LINE_CHARS = 64;

const generate = promisify(generateKeyPair);

/** A certificate authority of this site alone, which signs itself. Some tenths of a second of another thread. */
export async function issueCa(now_ms: number): Promise<KeyedCertificate> {
  const { publicKey, privateKey } = await newKey("rsa");
  const keyId = keyIdOf(publicKey);
  // Two sites' authorities in one box must differ by name, too.
  const subject = nameOf(`Chargehand site ${Buffer.from(keyId).toString("hex").slice(0, 8)}`);
  return signed(
    privateKey,
    {
      serial: newSerial(),
      issuer: subject,
      subject,
      notBefore_ms: now_ms - BACKDATED_DAYS * DAY_MS,
      notAfter_ms: now_ms + CA_DAYS * DAY_MS,
      publicKey,
      subjectKeyId: keyId,
      issuerKeyId: keyId,
      use: { kind: "ca" },
    },
    privateKey,
  );
}

/** What the authority must be for a certificate of it: read from its own. */
export type Issuer = KeyedCertificate & {
  readonly name: string;
  readonly validFrom_ms: number;
  readonly validTo_ms: number;
};

/** A certificate of `issuer` for a server that is dialled by any of `names`, the first of which it is called by. */
export async function issueServer(
  issuer: Issuer,
  request: { readonly kind: KeyKind; readonly names: readonly [string, ...string[]]; readonly now_ms: number },
): Promise<KeyedCertificate> {
  const { kind, names, now_ms } = request;
  const { publicKey, privateKey } = await newKey(kind);
  const issuerKey = createPublicKey(issuer.certificate).export({ type: "spki", format: "der" });
  return signed(
    privateKey,
    {
      serial: newSerial(),
      issuer: nameOf(issuer.name),
      subject: nameOf(names[0]),
      // A box that wakes up in the year of its firmware finds it valid as long as the authority, and so do those with
      // the right time when the clock here runs years ahead.
      notBefore_ms: issuer.validFrom_ms,
      notAfter_ms: serverEnd_ms(issuer, now_ms),
      publicKey,
      subjectKeyId: keyIdOf(publicKey),
      issuerKeyId: keyIdOf(issuerKey),
      use: { kind: "server", key: kind, names },
    },
    issuer.key,
  );
}

/** When a certificate made now ends. By a clock that is behind its authority nobody knows what a year from now is. */
export const serverEnd_ms = ({ validFrom_ms, validTo_ms }: Issuer, now_ms: number): number =>
  now_ms < validFrom_ms ? validTo_ms : Math.min(validTo_ms, now_ms + SERVER_MS);

const nameOf = (commonName: string): CertificateName => ({ commonName, organization: ORGANIZATION });

async function newKey(kind: KeyKind): Promise<{ readonly publicKey: Uint8Array; readonly privateKey: string }> {
  const publicKeyEncoding = { type: "spki", format: "der" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  return kind === "rsa"
    ? generate("rsa", { modulusLength: RSA_BITS, publicKeyEncoding, privateKeyEncoding })
    : generate("ec", { namedCurve: CURVE, publicKeyEncoding, privateKeyEncoding });
}

function signed(key: string, fields: CertificateFields, issuerKey: string): KeyedCertificate {
  const content = toBeSigned(fields);
  const signature = sign("sha256", content, createPrivateKey(issuerKey));
  return { key, certificate: pemOf(certificateOf(content, signature)) };
}

function newSerial(): Uint8Array {
  const serial = Uint8Array.from(randomBytes(SERIAL_BYTES));
  // Positive, and as long as it looks.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

/** RFC 7093, 2, method 4: a hash of the whole SubjectPublicKeyInfo, here cut to 160 bits of SHA-256. */
const keyIdOf = (spki: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash("sha256").update(spki).digest().subarray(0, 20));

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(new RegExp(`.{1,${String(LINE_CHARS)}}`, "gu")) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
