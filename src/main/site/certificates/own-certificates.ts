import { X509Certificate } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../log.ts";
import { addressBytes } from "../../protocol/x509/index.ts";
import { openAuthority, type Authority, type CaFacts, type CertificateProblem } from "./authority.ts";
import { issueServer, serverEnd_ms, type Issuer, type KeyedCertificate, type KeyKind } from "./issue.ts";
import { readKeyFile, setAside, wordsOf, writeKeyFile } from "./key-file.ts";

export type { CaFacts, CertificateProblem } from "./authority.ts";

/** Below the data folder. Only `ca.pem` is for others; the rest holds keys. */
const FOLDER = "tls";
const CA_FILE = "ca-private.pem";
const CA_COPY = "ca.pem";
const SERVER_FILES: Readonly<Record<KeyKind, string>> = { rsa: "server-private.pem", ec: "server-ec-private.pem" };
/** So long before its end a server's certificate is replaced: a PC may be off for a season. */
const RENEW_BEFORE_MS = 90 * 86_400_000;
/** A new one that does not last this much longer is not worth it. */
const WORTH_MS = 86_400_000;

/** The site's own certificate authority and the server certificates made by it, kept in the data folder. */
export interface OwnCertificates {
  /** `null`: there is none, or its file cannot be used. */
  ca(): CaFacts | null;
  /** What the server shows; empty: it cannot offer TLS. */
  shown(): readonly KeyedCertificate[];
  problem(): CertificateProblem | null;
  /**
   * Makes what is missing, what ends within 90 days and what lacks a name of this machine; never a second authority.
   * True when the server has to show others than before. Never rejects.
   */
  refresh(): Promise<boolean>;
  /**
   * Sets all files aside and makes a new authority, which every charger has to be given. Where that fails, false, and the
   * files are as they were. Never rejects.
   */
  replaceCa(): Promise<boolean>;
}

type Options = {
  readonly dataFolder: string;
  /** Of this machine, by its own clock. */
  readonly now_ms: () => number;
  readonly names: () => readonly [string, ...string[]];
  /** Kinds of keys that the server can show at a time. */
  readonly kinds: readonly KeyKind[];
  /** Whether a charger has ever come by TLS. */
  readonly wasUsed: () => boolean;
  readonly log: Log;
};

/** Nothing is read or made before the first `refresh`. */
export function createOwnCertificates(options: Options): OwnCertificates {
  const { dataFolder, now_ms, log, kinds } = options;
  const pathOf = (file: string): string => join(dataFolder, FOLDER, file);
  const traces = Object.values(SERVER_FILES).map(pathOf);
  let authority: Authority | null = null;
  let shown: readonly KeyedCertificate[] = [];
  let problem: CertificateProblem | null = null;
  let told: CertificateProblem["code"] | null = null;
  let busy: Promise<unknown> = Promise.resolve();
  const trouble = (found: CertificateProblem): void => {
    if (problem === null || problem.code === "ca-ends-soon") problem = found;
  };
  const servers = kinds.map((kind) =>
    createServerFile({ ...options, kind, file: pathOf(SERVER_FILES[kind]), trouble }),
  );

  const refresh = async (wasUsed: boolean): Promise<void> => {
    problem = null;
    const [file, copy] = [pathOf(CA_FILE), pathOf(CA_COPY)];
    authority = await openAuthority({ file, copy, traces, wasUsed, now_ms: now_ms(), log, trouble });
    const names = options.names();
    const opened: KeyedCertificate[] = [];
    for (const server of servers) opened.push(...(await server.open(authority?.issuer ?? null, names)));
    shown = opened;
  };
  const replace = async (): Promise<void> => {
    problem = null;
    const putBack = setAllAside([CA_FILE, CA_COPY].map(pathOf).concat(traces), now_ms());
    await refresh(false);
    if (authority !== null) return;
    const cause = problem;
    putBack();
    await refresh(options.wasUsed());
    problem = cause;
  };
  /** One after the other, and each trouble is logged once. True: others are shown than before. */
  const inTurn = (work: () => Promise<void>): Promise<boolean> => {
    let before = "";
    const done = busy
      .then(() => {
        before = textOf(shown);
        return work();
      })
      .catch((error: unknown) => {
        trouble({ code: "not-stored", file: pathOf(""), detail: wordsOf(error) });
      })
      .then(() => {
        if (problem !== null && problem.code !== told)
          log.error(problem, "something is wrong with the certificates for chargers");
        told = problem?.code ?? null;
        return textOf(shown) !== before;
      });
    busy = done;
    return done;
  };
  return {
    ca: () => authority?.facts ?? null,
    shown: () => shown,
    problem: () => problem,
    refresh: () => inTurn(() => refresh(options.wasUsed())),
    replaceCa: () => inTurn(replace),
  };
}

const textOf = (shown: readonly KeyedCertificate[]): string => shown.map(({ certificate }) => certificate).join();

/** Sets all of `files` aside, or none and throws; what it answers puts them back where they were. */
function setAllAside(files: readonly string[], now_ms: number): () => void {
  const moved: { readonly file: string; readonly aside: string }[] = [];
  const putBack = (): void => {
    for (const { file, aside } of moved) renameSync(aside, file);
  };
  try {
    for (const file of files) if (existsSync(file)) moved.push({ file, aside: setAside(file, now_ms) });
  } catch (error) {
    putBack();
    throw error;
  }
  return putBack;
}

/** The key and certificate that the server shows, of one kind. */
function createServerFile(
  options: Pick<Options, "now_ms" | "log"> & {
    readonly kind: KeyKind;
    readonly file: string;
    readonly trouble: (problem: CertificateProblem) => void;
  },
) {
  const { kind, file, now_ms, log, trouble } = options;
  /** Made, and not taken by the disk. */
  let unstored: KeyedCertificate | null = null;
  const store = (made: KeyedCertificate, damage: string | null): void => {
    try {
      if (damage !== null) {
        const aside = setAside(file, now_ms());
        log.warn({ file, aside, detail: damage }, "a server's certificate was damaged; it was set aside");
      }
      writeKeyFile(file, made);
      unstored = null;
    } catch (error) {
      unstored = made;
      trouble({ code: "not-stored", file, detail: wordsOf(error) });
    }
  };
  return {
    /** Without an issuer what there is, as long as it is good. One that the disk does not take is shown all the same. */
    async open(issuer: Issuer | null, names: readonly [string, ...string[]]): Promise<readonly KeyedCertificate[]> {
      const read = readKeyFile(file);
      const kept = read.kind === "good" ? { key: read.key, certificate: read.certificate } : null;
      if (issuer === null) return kept === null ? [] : [kept];
      const good = [kept, unstored].find((one) => one !== null && isGood(one, issuer, names, now_ms())) ?? null;
      const made = good ?? (await issueServer(issuer, { kind, names, now_ms: now_ms() }));
      if (good === null) log.info({ kind, names }, "made a certificate for the addresses that chargers dial");
      if (made !== kept) store(made, read.kind === "damaged" ? read.detail : null);
      return [made];
    },
  };
}

function isGood({ certificate }: KeyedCertificate, issuer: Issuer, names: readonly string[], now_ms: number): boolean {
  const server = new X509Certificate(certificate);
  const authority = new X509Certificate(issuer.certificate);
  const isOfIssuer = server.checkIssued(authority) && server.verify(authority.publicKey);
  const isNamed = names.every((name) =>
    addressBytes(name) === null ? server.checkHost(name) !== undefined : server.checkIP(name) !== undefined,
  );
  const end_ms = server.validToDate.getTime();
  const isLate = end_ms - now_ms < RENEW_BEFORE_MS && serverEnd_ms(issuer, now_ms) - end_ms > WORTH_MS;
  const isEarly = server.validFromDate.getTime() > now_ms && issuer.validFrom_ms <= now_ms;
  return isOfIssuer && isNamed && !isLate && !isEarly;
}
