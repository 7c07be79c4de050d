import { X509Certificate } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLog } from "../../log.ts";
import { createOwnCertificates, type OwnCertificates } from "./own-certificates.ts";

const YEAR_MS = 365 * 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);
const log = createLog({ write: () => undefined });

function fresh() {
  const folder = mkdtempSync(join(tmpdir(), "chargehand-tls-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  let now_ms = NOW_MS;
  let wasUsed = false;
  let names: [string, ...string[]] = ["site-pc", "127.0.0.1", "192.0.2.7", "fd00::7"];
  const open = () =>
    createOwnCertificates({
      dataFolder: folder,
      now_ms: () => now_ms,
      names: () => names,
      kinds: ["rsa", "ec"],
      wasUsed: () => wasUsed,
      log,
    });
  return {
    open,
    path: (file: string) => join(folder, "tls", file),
    files: () => readdirSync(join(folder, "tls")).toSorted(),
    moveTo: (to_ms: number) => {
      now_ms = to_ms;
    },
    use: () => {
      wasUsed = true;
    },
    rename: (to: [string, ...string[]]) => {
      names = to;
    },
  };
}
/** `pem` with one bit of its block of `label` turned over, `from` bytes after the first `mark`. */
function flipped(pem: string, label: string, mark: Uint8Array, from: number): string {
  const [, block = ""] = new RegExp(`-----BEGIN ${label}-----([^-]+)-----END`, "u").exec(pem) ?? [];
  const bytes = Buffer.from(block, "base64");
  const at = bytes.indexOf(mark);
  expect(at).toBeGreaterThan(0);
  bytes.writeUInt8(bytes.readUInt8(at + from) ^ 1, at + from);
  return pem.replace(block, `\n${bytes.toString("base64")}\n`);
}
const certificates = (own: OwnCertificates): X509Certificate[] =>
  own.shown().map(({ certificate }) => new X509Certificate(certificate));

describe("the site's own certificates", () => {
  test("are made once and found again after a restart; only the authority's certificate is for others", async () => {
    const at = fresh();
    const first = at.open();
    expect(await first.refresh()).toBe(true);
    expect(at.files()).toEqual(["ca-private.pem", "ca.pem", "server-ec-private.pem", "server-private.pem"]);
    expect(readFileSync(at.path("ca.pem"), "utf8")).toBe(first.ca()?.pem);
    expect(readFileSync(at.path("ca.pem"), "utf8")).not.toContain("PRIVATE");
    if (process.platform !== "win32")
      expect(at.files().map((file) => statSync(at.path(file)).mode & 0o777)).toEqual([0o600, 0o644, 0o600, 0o600]);
    expect(await first.refresh()).toBe(false);
    const second = at.open();
    await second.refresh();
    expect([second.ca(), second.shown(), second.problem()]).toEqual([first.ca(), first.shown(), null]);
  });

  test("say who they are, for how long, and under which names they are dialled", async () => {
    const own = fresh().open();
    await own.refresh();
    const ca = new X509Certificate(own.ca()?.pem ?? "");
    expect(ca.ca).toBe(true);
    expect(ca.validToDate.getTime()).toBe(NOW_MS + 20 * YEAR_MS);
    expect(ca.verify(ca.publicKey)).toBe(true);
    const [rsa, ec] = certificates(own);
    expect([rsa?.publicKey.asymmetricKeyType, ec?.publicKey.asymmetricKeyType]).toEqual(["rsa", "ec"]);
    expect(rsa?.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    for (const one of [rsa, ec]) {
      expect(one?.checkIssued(ca)).toBe(true);
      expect(one?.verify(ca.publicKey)).toBe(true);
      expect(one?.ca).toBe(false);
      expect(one?.checkHost("site-pc")).toBe("site-pc");
      expect([one?.checkIP("192.0.2.7"), one?.checkIP("fd00::7"), one?.checkIP("192.0.2.8")]).toEqual([
        "192.0.2.7",
        "fd00::7",
        undefined,
      ]);
    }
  });

  test("of the server are new when an address is new or a year is nearly over; the authority stays", async () => {
    const at = fresh();
    const own = at.open();
    await own.refresh();
    const ca = own.ca();
    at.rename(["site-pc", "127.0.0.1", "192.0.2.99"]);
    expect(await own.refresh()).toBe(true);
    expect(certificates(own).map((one) => one.checkIP("192.0.2.99"))).toEqual(["192.0.2.99", "192.0.2.99"]);
    at.moveTo(NOW_MS + 0.7 * YEAR_MS);
    expect(await own.refresh()).toBe(false);
    at.moveTo(NOW_MS + 0.8 * YEAR_MS);
    expect(await own.refresh()).toBe(true);
    expect(certificates(own).map(({ validToDate }) => validToDate.getTime())).toEqual([
      NOW_MS + 1.8 * YEAR_MS,
      NOW_MS + 1.8 * YEAR_MS,
    ]);
    expect(own.ca()).toEqual(ca);
  });

  test("of the server that lack nothing are kept when an address went away", async () => {
    const at = fresh();
    const own = at.open();
    await own.refresh();
    at.rename(["site-pc", "127.0.0.1"]);
    expect(await own.refresh()).toBe(false);
  });

  test("never outlive the authority, whose end is told", async () => {
    const at = fresh();
    const own = at.open();
    await own.refresh();
    at.moveTo(NOW_MS + 19.9 * YEAR_MS);
    expect(await own.refresh()).toBe(true);
    expect(certificates(own).map(({ validToDate }) => validToDate.getTime())).toEqual(
      Array.from({ length: 2 }, () => NOW_MS + 20 * YEAR_MS),
    );
    expect(await own.refresh()).toBe(false);
    at.moveTo(NOW_MS + 20.1 * YEAR_MS);
    await own.refresh();
    expect(own.problem()).toMatchObject({ code: "ca-out-of-date" });
  });

  // The clocks of the chargers are right meanwhile.
  test.each([-16, -0.9, 2, 19, 30])("hold at the right time when the clock is %s years off", async (years) => {
    const at = fresh();
    const own = at.open();
    await own.refresh();
    const ca = own.ca();
    at.moveTo(NOW_MS + years * YEAR_MS);
    for (const address of ["192.0.2.7", "192.0.2.99"]) {
      at.rename(["site-pc", address]);
      await own.refresh();
      for (const { validFromDate, validToDate } of certificates(own)) {
        expect(validFromDate.getTime()).toBeLessThan(NOW_MS);
        expect(validToDate.getTime()).toBeGreaterThan(NOW_MS);
      }
    }
    at.moveTo(NOW_MS + 1);
    await own.refresh();
    expect([own.ca(), own.problem()]).toEqual([ca, null]);
  });

  test("tell half a year ahead that their authority ends: every charger will need a new one", async () => {
    const at = fresh();
    const own = at.open();
    await own.refresh();
    at.moveTo(NOW_MS + 19.4 * YEAR_MS);
    await own.refresh();
    expect(own.problem()).toBeNull();
    at.moveTo(NOW_MS + 19.6 * YEAR_MS);
    await own.refresh();
    expect(own.problem()).toMatchObject({ code: "ca-ends-soon", file: at.path("ca-private.pem") });
    expect(own.shown()).toHaveLength(2);
    // What keeps chargers out today is said before that.
    mkdirSync(at.path("server-private.pem.new"));
    at.rename(["site-pc", "192.0.2.99"]);
    await own.refresh();
    expect(own.problem()).toMatchObject({ code: "not-stored" });
    rmdirSync(at.path("server-private.pem.new"));
    expect(await own.replaceCa()).toBe(true);
    expect(own.problem()).toBeNull();
  });

  test("of the server are good for a box that has woken up in the year of the authority", async () => {
    const at = fresh();
    const own = at.open();
    await own.refresh();
    at.moveTo(NOW_MS + 6 * YEAR_MS);
    expect(await own.refresh()).toBe(true);
    for (const { validFromDate } of certificates(own)) expect(validFromDate.getTime()).toBe(NOW_MS - YEAR_MS);
  });

  test.each([
    ["noise", "\u0000\u0001 no key at all"],
    ["nothing", ""],
    ["half a key", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG"],
    [
      "a key that is none",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
    ["far too much", "x".repeat(100_000)],
  ])("stay as they are when the authority's file is %s: it is told, and the server goes on", async (_what, text) => {
    const at = fresh();
    const before = at.open();
    await before.refresh();
    writeFileSync(at.path("ca-private.pem"), text);
    const own = at.open();
    at.rename(["site-pc", "192.0.2.99"]);
    await own.refresh();
    expect(own.problem()).toMatchObject({ code: "ca-damaged", file: at.path("ca-private.pem") });
    expect(readFileSync(at.path("ca-private.pem"), "utf8")).toBe(text);
    expect([own.ca(), own.shown()]).toEqual([null, before.shown()]);
  });

  test("of the server that are damaged are set aside and made anew", async () => {
    const at = fresh();
    const before = at.open();
    await before.refresh();
    writeFileSync(at.path("server-private.pem"), "noise");
    const own = at.open();
    await own.refresh();
    expect([own.problem(), own.ca()]).toEqual([null, before.ca()]);
    expect(own.shown()).toHaveLength(2);
    const aside = at.files().find((file) => file.startsWith("server-private.pem.set-aside"));
    expect(readFileSync(at.path(aside ?? ""), "utf8")).toBe("noise");
  });

  test("of the server are made anew when a bit of the secret half of the key alone has turned over", async () => {
    const at = fresh();
    const before = at.open();
    await before.refresh();
    const file = at.path("server-ec-private.pem");
    // RFC 5915: version 1, then the 32 bytes of the private key.
    const damaged = flipped(readFileSync(file, "utf8"), "PRIVATE KEY", Uint8Array.of(2, 1, 1, 4, 32), 20);
    writeFileSync(file, damaged);
    const own = at.open();
    await own.refresh();
    expect(own.shown()[0]).toEqual(before.shown()[0]);
    expect(own.shown()[1]?.key).not.toBe(before.shown()[1]?.key);
    expect(readFileSync(file, "utf8")).not.toBe(damaged);
    expect(own.problem()).toBeNull();
  });

  // A server's certificate by an authority of another name would be refused by every charger.
  test.each([
    ["name", Buffer.from("Chargehand site "), 16],
    ["signature", Buffer.from("2a864886f70d01010b0500038201", "hex"), 40],
  ])(
    "stay as they are when a bit of the %s in the authority's certificate has turned over",
    async (_what, mark, from) => {
      const at = fresh();
      const before = at.open();
      await before.refresh();
      const file = at.path("ca-private.pem");
      writeFileSync(file, flipped(readFileSync(file, "utf8"), "CERTIFICATE", mark, from));
      const own = at.open();
      await own.refresh();
      expect(own.problem()).toMatchObject({ code: "ca-damaged", file });
      expect([own.ca(), own.shown()]).toEqual([null, before.shown()]);
    },
  );

  test.each([
    ["cut off", (pem: string) => pem.slice(0, 400)],
    ["of another authority", () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
  ])(
    "of which the copy for chargers is %s have it written again; what was there is set aside",
    async (_what, change) => {
      const at = fresh();
      const own = at.open();
      await own.refresh();
      const found = change(readFileSync(at.path("ca.pem"), "utf8"));
      writeFileSync(at.path("ca.pem"), found);
      await own.refresh();
      expect(readFileSync(at.path("ca.pem"), "utf8")).toBe(own.ca()?.pem);
      const aside = at.files().find((file) => file.startsWith("ca.pem.set-aside"));
      expect(readFileSync(at.path(aside ?? ""), "utf8")).toBe(found);
      expect(own.problem()).toBeNull();
    },
  );

  test("stay in use when the owner wants others and the disk does not take them", async () => {
    const at = fresh();
    const own = at.open();
    await own.refresh();
    const [ca, shown, files] = [own.ca(), own.shown(), at.files()];
    at.use();
    // A folder where the new file should be written stops root, too.
    mkdirSync(at.path("ca-private.pem.new"));
    expect(await own.replaceCa()).toBe(false);
    expect(own.problem()).toMatchObject({ code: "not-stored", file: at.path("ca-private.pem") });
    expect([own.ca(), own.shown()]).toEqual([ca, shown]);
    expect(at.files()).toEqual([...files, "ca-private.pem.new"].toSorted());
    rmdirSync(at.path("ca-private.pem.new"));
    expect(await own.replaceCa()).toBe(true);
    expect(own.ca()?.fingerprint).not.toBe(ca?.fingerprint);
  });

  test("whose authority was lost wait for its file; only the owner's word makes another", async () => {
    const at = fresh();
    const before = at.open();
    await before.refresh();
    rmSync(at.path("ca-private.pem"));
    const own = at.open();
    await own.refresh();
    expect(own.problem()).toMatchObject({ code: "ca-missing" });
    expect(own.shown()).toEqual(before.shown());
    expect(await own.replaceCa()).toBe(true);
    expect(own.problem()).toBeNull();
    expect(own.ca()?.fingerprint).not.toBe(before.ca()?.fingerprint);
    expect(at.files().filter((file) => file.includes("set-aside"))).toHaveLength(3);
  });

  test("are not made a second time when all files are gone and chargers have come by them", async () => {
    const at = fresh();
    at.use();
    const own = at.open();
    expect(await own.refresh()).toBe(false);
    expect([own.problem()?.code, own.shown()]).toEqual(["ca-missing", []]);
    expect(await own.replaceCa()).toBe(true);
    expect([own.problem(), own.shown().length]).toEqual([null, 2]);
  });

  test("of another site's key are no authority of this one", async () => {
    const [at, other] = [fresh(), fresh()];
    await at.open().refresh();
    await other.open().refresh();
    const key = /-----BEGIN PRIVATE[^]+END PRIVATE KEY-----/u.exec(readFileSync(other.path("ca-private.pem"), "utf8"));
    writeFileSync(at.path("ca-private.pem"), `${key?.[0] ?? ""}\n${readFileSync(at.path("ca.pem"), "utf8")}`);
    const own = at.open();
    await own.refresh();
    expect(own.problem()).toMatchObject({ code: "ca-damaged", detail: "its key is not that of its certificate" });
  });

  test.skipIf(process.platform === "win32")("that others could read are shut", async () => {
    const at = fresh();
    await at.open().refresh();
    chmodSync(at.path("ca-private.pem"), 0o644);
    await at.open().refresh();
    expect(statSync(at.path("ca-private.pem")).mode & 0o777).toBe(0o600);
    // A key with much behind it is set aside, and shut all the same.
    appendFileSync(at.path("server-private.pem"), "x".repeat(100_000));
    chmodSync(at.path("server-private.pem"), 0o644);
    await at.open().refresh();
    const aside = at.files().find((file) => file.startsWith("server-private.pem.set-aside")) ?? "";
    expect(statSync(at.path(aside)).mode & 0o777).toBe(0o600);
  });
});

test("a folder that takes nothing leaves the site without TLS, and says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "chargehand-tls-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  // A file where the folder should be stops root, too.
  writeFileSync(join(folder, "tls"), "");
  const own = createOwnCertificates({
    dataFolder: folder,
    now_ms: () => NOW_MS,
    names: () => ["localhost"],
    kinds: ["rsa"],
    wasUsed: () => false,
    log,
  });
  expect(await own.refresh()).toBe(false);
  expect([own.shown(), own.ca(), own.problem()?.code]).toEqual([[], null, "not-stored"]);
});
