import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import type { Log } from "../../log.ts";
import { issueCa, ORGANIZATION, type Issuer, type KeyedCertificate } from "./issue.ts";
import { readKeyFile, setAside, wordsOf, writeKeyFile, writePublicFile } from "./key-file.ts";

/** Why there is no TLS, or why it cannot be renewed, now or within half a year. */
export type CertificateProblem = {
  readonly code: "ca-damaged" | "ca-missing" | "ca-out-of-date" | "ca-ends-soon" | "not-stored";
  readonly file: string;
  readonly detail: string;
};

/** The authority that a charger has to know. */
export type CaFacts = {
  readonly pem: string;
  /** SHA-256, as in "AB:CD:…". */
  readonly fingerprint: string;
  readonly validTo_ms: number;
};

/** An electrician has to come to every charger before the authority ends; one made by a wrong clock may end early. */
const TELL_BEFORE_MS = 180 * 86_400_000;

export type Authority = { readonly issuer: Issuer; readonly facts: CaFacts };

type Place = {
  readonly file: string;
  /** Its certificate alone, for those who carry it to a charger. */
  readonly copy: string;
  /** What only an authority of ours can have left behind. */
  readonly traces: readonly string[];
  /** Chargers have come by TLS before, so there was one, whatever became of its files. */
  readonly wasUsed: boolean;
  readonly now_ms: number;
  readonly log: Log;
  readonly trouble: (problem: CertificateProblem) => void;
};

/** The authority in its file; a new one only where there has never been one. What is wrong is told as trouble. */
export async function openAuthority(place: Place): Promise<Authority | null> {
  const { file, copy, now_ms, trouble } = place;
  const read = readKeyFile(file);
  if (read.kind === "missing") {
    const trace = [copy, ...place.traces].find(existsSync);
    if (trace === undefined && !place.wasUsed) return makeAuthority(place);
    const detail = trace === undefined ? "chargers have come in by it" : `${trace} was made by it`;
    trouble({ code: "ca-missing", file, detail });
    return null;
  }
  const opened = read.kind === "good" ? authorityOf(read, read.parsed) : null;
  if (opened === null) {
    const detail = read.kind === "damaged" ? read.detail : "it was not made by this app, or changed afterwards";
    trouble({ code: "ca-damaged", file, detail });
    return null;
  }
  const { validFrom_ms, validTo_ms } = opened.issuer;
  const detail = `${isoDay(validFrom_ms)} – ${isoDay(validTo_ms)}`;
  if (now_ms < validFrom_ms || now_ms > validTo_ms) trouble({ code: "ca-out-of-date", file, detail });
  else if (now_ms > validTo_ms - TELL_BEFORE_MS) trouble({ code: "ca-ends-soon", file, detail });
  attempt(place, copy, () => {
    keepCopy(place, opened.facts.pem);
  });
  return opened;
}

/** A copy that is damaged, or of another authority, would be carried to a charger. */
function keepCopy({ copy, now_ms, log }: Place, pem: string): void {
  if (existsSync(copy)) {
    if (statSync(copy).size === pem.length && readFileSync(copy, "utf8") === pem) return;
    const aside = setAside(copy, now_ms);
    log.warn({ file: copy, aside }, "the copy of the authority's certificate was another; it was set aside");
  }
  writePublicFile(copy, pem);
}

async function makeAuthority(place: Place): Promise<Authority | null> {
  const { file, copy, now_ms, log } = place;
  const made = await issueCa(now_ms);
  const isStored = attempt(place, file, () => {
    writeKeyFile(file, made);
    writePublicFile(copy, made.certificate);
  });
  // Another one after the next start would lock out every charger that was given this one.
  if (!isStored) return null;
  log.info({ file: copy }, "made the certificate authority that chargers have to know");
  return authorityOf(made, new X509Certificate(made.certificate));
}

function attempt({ trouble }: Pick<Place, "trouble">, file: string, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    trouble({ code: "not-stored", file, detail: wordsOf(error) });
    return false;
  }
}

/** Only what we make ourselves: its name is written again into all that it signs. */
function authorityOf({ key, certificate }: KeyedCertificate, parsed: X509Certificate): Authority | null {
  const [, name] = new RegExp(`^O=${ORGANIZATION}\nCN=([^\n]+)$`, "u").exec(parsed.subject) ?? [];
  if (name === undefined || !parsed.ca || parsed.publicKey.asymmetricKeyType !== "rsa") return null;
  // A bit that has turned over in its name or time would be in all that is made from now on, and no charger took it.
  if (!parsed.verify(parsed.publicKey)) return null;
  const validFrom_ms = parsed.validFromDate.getTime();
  const validTo_ms = parsed.validToDate.getTime();
  return {
    issuer: { key, certificate, name, validFrom_ms, validTo_ms },
    facts: { pem: certificate, fingerprint: parsed.fingerprint256, validTo_ms },
  };
}

const isoDay = (at_ms: number): string => new Date(at_ms).toISOString().slice(0, 10);
