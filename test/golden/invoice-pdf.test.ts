import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createDocumentWorker, renderInvoicePdf } from "../../src/main/documents/index.ts";
import { sampleInvoice } from "./sample-invoice.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const FONTS = join(ROOT, "resources", "fonts");
const WORKER = join(ROOT, "src", "main", "workers", "documents.worker.ts");
const PDFTOTEXT = "/usr/bin/pdftotext";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const pageCount = (bytes: Uint8Array): number => latin1(bytes).match(/\/Type \/Page\b/gu)?.length ?? 0;

const folder = mkdtempSync(join(tmpdir(), "chargehand-pdf-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What a reader of the printed page sees, in its layout. */
function textOf(bytes: Uint8Array): string {
  const file = join(folder, `${sha256(bytes)}.pdf`);
  writeFileSync(file, bytes);
  return execFileSync(PDFTOTEXT, ["-layout", file, "-"], { encoding: "utf8" });
}

test("the same document gives the same bytes, in one process and in another thread", async () => {
  const invoice = sampleInvoice({ sessions: 30 });
  const first = await renderInvoicePdf(invoice, FONTS);
  const again = await renderInvoicePdf(structuredClone(invoice), FONTS);
  const worker = createDocumentWorker({ fontsFolder: FONTS, workerFile: WORKER });
  const other = await worker.renderInvoice(invoice);
  await worker.close();
  expect(sha256(again)).toBe(sha256(first));
  expect(other.ok && sha256(other.bytes)).toBe(sha256(first));
});

test("another figure gives other bytes", async () => {
  const one = await renderInvoicePdf(sampleInvoice({ sessions: 2 }), FONTS);
  const other = await renderInvoicePdf(sampleInvoice({ sessions: 2, change: { number: "RE-2026-0043" } }), FONTS);
  expect(sha256(other)).not.toBe(sha256(one));
});

test("the file says that it is tagged PDF/A-3b in its language, with embedded fonts and the document's own date", async () => {
  const text = latin1(await renderInvoicePdf(sampleInvoice({ sessions: 1 }), FONTS));
  expect(text.startsWith("%PDF-1.7")).toBe(true);
  expect(text).toContain("<pdfaid:part>3</pdfaid:part>");
  expect(text).toContain("<pdfaid:conformance>B</pdfaid:conformance>");
  expect(text).toContain("/GTS_PDFA1");
  expect(text).toContain("/StructTreeRoot");
  expect(text).toContain("/Lang (de)");
  expect(text.match(/\/FontFile2/gu)).toHaveLength(2);
  expect(text).toContain("(D:20260401080000Z)");
  expect(text).toContain("<xmp:CreateDate>2026-04-01T08:00:00Z</xmp:CreateDate>");
});

test.each([
  [0, 1],
  [1, 1],
  [30, 2],
  [200, 6],
])("%i sessions take %i pages", async (sessions, pages) => {
  expect(pageCount(await renderInvoicePdf(sampleInvoice({ sessions }), FONTS))).toBe(pages);
});

test("a document that does not add up is not drawn", async () => {
  const wrong = sampleInvoice({ sessions: 2, change: { gross_minor: 1 } });
  await expect(renderInvoicePdf(wrong, FONTS)).rejects.toThrow("adds up: gross");
  const worker = createDocumentWorker({ fontsFolder: FONTS, workerFile: null });
  expect(await worker.renderInvoice(wrong)).toMatchObject({ ok: false, code: "failed" });
});

test("a worker that cannot start says so, and the next document gets a new one", async () => {
  const worker = createDocumentWorker({ fontsFolder: FONTS, workerFile: join(folder, "missing.js") });
  const invoice = sampleInvoice({ sessions: 1 });
  expect(await worker.renderInvoice(invoice)).toMatchObject({ ok: false, code: "failed" });
  expect(await worker.renderInvoice(invoice)).toMatchObject({ ok: false, code: "failed" });
  await worker.close();
});

if (!existsSync(PDFTOTEXT)) {
  process.stderr.write("SKIPPED: text on printed invoices: pdftotext is missing. apt-get install -y poppler-utils\n");
}

describe.runIf(existsSync(PDFTOTEXT))("on paper", () => {
  test.each([
    ["three sessions in German", "invoice-de.txt", sampleInvoice({ sessions: 3 })],
    ["a demo over two pages in English", "invoice-en-demo.txt", sampleInvoice({ sessions: 30, locale: "en", demo: true })],
  ])("%s reads as agreed", async (_name, file, invoice) => {
    await expect(textOf(await renderInvoicePdf(invoice, FONTS))).toMatchFileSnapshot(file);
  });

  test("every session is printed once, also over six pages", async () => {
    const invoice = sampleInvoice({ sessions: 200 });
    const text = textOf(await renderInvoicePdf(invoice, FONTS));
    expect(text.match(/^ *\d{2}\.\d{2}\.\d{4} \d{2}:\d{2} /gmu)).toHaveLength(200);
    expect(text.match(/Seite \d von 6/gu)).toHaveLength(6);
    expect(text.match(/Zähler Beginn/gu)).toHaveLength(6);
    expect(text.match(/Rechnungsbetrag/gu)).toHaveLength(1);
  });

  test("missing and overlong data stay inside the page", async () => {
    const base = sampleInvoice({ sessions: 2 });
    const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
    const bare = { address: "", vatId: "", taxNumber: "", email: "", phone: "", iban: "", bank: "", note: "" };
    const invoice = sampleInvoice({
      sessions: 2,
      change: {
        siteName: "",
        seller: { ...base.seller, ...bare, name: `${long} ${long}` },
        customer: { id: long, name: `${long} 東京 😀\u0007`, address: `\n${"Zeile\n".repeat(12)}`, vatId: null },
      },
    });
    const text = textOf(await renderInvoicePdf(invoice, FONTS));
    expect(text).toContain("Donaudampfschifffahrts");
    // Who buys and who sells stands there whole, broken where it must be.
    expect(text).toContain("triebswerkbauunterbeamtengesellschaft");
    expect(text).not.toContain("IBAN");
    expect(text).not.toMatch(/\{\w+\}/u);
    expect(text.match(/Zeile/gu)).toHaveLength(3);
  });

  test("two rates and lines without VAT are shown apart", async () => {
    const base = sampleInvoice({ sessions: 1 });
    const [line] = base.lines;
    expect(line).toBeDefined();
    const vat = [{ vat_bp: null, net_minor: base.net_minor, tax_minor: 0 }];
    const change = { lines: base.lines.map((one) => ({ ...one, vat_bp: null })), vat, tax_minor: 0, gross_minor: base.net_minor };
    const text = textOf(await renderInvoicePdf(sampleInvoice({ sessions: 1, change }), FONTS));
    expect(text).toContain("Ohne USt. auf 1,26");
    expect(text).not.toContain("19");
  });
});
