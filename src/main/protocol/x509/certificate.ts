import { assert } from "../../../core/units/index.ts";
import { addressBytes } from "./address.ts";
import {
  ascii,
  bits,
  holding,
  inPlace,
  nothing,
  octets,
  oid,
  sequence,
  setOf,
  text,
  time,
  unsigned,
  yes,
} from "./der.ts";

// RFC 5280: a certificate of version 3, signed with RSA and SHA-256. Keys, serial numbers and signatures are made by
// whoever calls; here is only how they are written down.

const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  sha256WithRsa: "1.2.840.113549.1.1.11",
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKey: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/** Bits of KeyUsage, each as its byte and the bits behind it that are not used. */
const KEY_USAGE = {
  /** keyCertSign and cRLSign. */
  ca: [0x06, 1],
  /** digitalSignature and keyEncipherment: an RSA key also serves the suites without a key exchange of their own. */
  rsaServer: [0xa0, 5],
  /** digitalSignature. */
  ecServer: [0x80, 7],
} as const;

/** Numbers of the forms of a name (RFC 5280, 4.2.1.6). */
const DNS_NAME = 2;
const IP_ADDRESS = 7;
/** RFC 5280, 4.1.2.2. */
const SERIAL_BYTES_MAX = 20;

export type CertificateName = { readonly commonName: string; readonly organization: string };

export type CertificateFields = {
  /** At random, with the highest bit free; no two of one issuer are the same. */
  readonly serial: Uint8Array;
  readonly issuer: CertificateName;
  readonly subject: CertificateName;
  /** To the second. */
  readonly notBefore_ms: number;
  readonly notAfter_ms: number;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  readonly subjectKeyId: Uint8Array;
  readonly issuerKeyId: Uint8Array;
  readonly use:
    | { readonly kind: "ca" }
    | {
        readonly kind: "server";
        readonly key: "rsa" | "ec";
        /** Host names and IP addresses by which it is dialled. */
        readonly names: readonly string[];
      };
};

/** The part of a certificate that is signed. */
export function toBeSigned(fields: CertificateFields): Uint8Array {
  const { serial, issuer, subject, notBefore_ms, notAfter_ms, publicKey } = fields;
  assert(serial.length <= SERIAL_BYTES_MAX && (serial[0] ?? 0xff) < 0x80, "a serial number is of 20 bytes, positive");
  return sequence(
    holding(0, unsigned(Uint8Array.of(2))),
    unsigned(serial),
    algorithm(),
    name(issuer),
    sequence(time(notBefore_ms), time(notAfter_ms)),
    name(subject),
    publicKey,
    holding(3, sequence(...extensions(fields))),
  );
}

/** The certificate in DER; `signature` is that of `signed` with RSA and SHA-256 (PKCS #1, 1.5). */
export const certificateOf = (signed: Uint8Array, signature: Uint8Array): Uint8Array =>
  sequence(signed, algorithm(), bits(signature));

const algorithm = (): Uint8Array => sequence(oid(OID.sha256WithRsa), nothing());

const name = ({ commonName, organization }: CertificateName): Uint8Array =>
  sequence(
    setOf(sequence(oid(OID.organization), text(organization))),
    setOf(sequence(oid(OID.commonName), text(commonName))),
  );

function extensions({ use, subjectKeyId, issuerKeyId }: CertificateFields): Uint8Array[] {
  const keys = [
    extension(OID.subjectKey, octets(subjectKeyId)),
    extension(OID.authorityKey, sequence(inPlace(0, issuerKeyId))),
  ];
  if (use.kind === "ca")
    return [
      // No other CA below this one.
      critical(OID.basicConstraints, sequence(yes(), unsigned(Uint8Array.of(0)))),
      critical(OID.keyUsage, usage(KEY_USAGE.ca)),
      ...keys,
    ];
  return [
    critical(OID.basicConstraints, sequence()),
    critical(OID.keyUsage, usage(use.key === "rsa" ? KEY_USAGE.rsaServer : KEY_USAGE.ecServer)),
    extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth))),
    extension(OID.alternativeNames, sequence(...use.names.map(alternativeName))),
    ...keys,
  ];
}

const usage = ([byte, unused]: readonly [number, number]): Uint8Array => bits(Uint8Array.of(byte), unused);
const extension = (id: string, value: Uint8Array): Uint8Array => sequence(oid(id), octets(value));
const critical = (id: string, value: Uint8Array): Uint8Array => sequence(oid(id), yes(), octets(value));

function alternativeName(host: string): Uint8Array {
  const address = addressBytes(host);
  return address === null ? inPlace(DNS_NAME, ascii(host)) : inPlace(IP_ADDRESS, address);
}
