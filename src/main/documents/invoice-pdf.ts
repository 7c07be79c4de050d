import { imbalances } from "../../core/billing/index.ts";
import { assert } from "../../core/units/index.ts";
import type { InvoiceDocument } from "../storage/types.ts";
import { documentFormat, groupedIban } from "./document-format.ts";
import { closingHeight, drawClosing } from "./invoice-closing.ts";
import { type PagePlan, paginate } from "./invoice-pages.ts";
import { LEFT, RIGHT, type Sheet } from "./invoice-sheet.ts";
import { ROW, TABLE_HEAD, drawTableHead, drawTableRow } from "./invoice-table.ts";
import { fill, invoiceTexts } from "./invoice-texts.ts";
import { INK, MM, PagePen } from "./page-pen.ts";

// A4 after DIN 5008 form B: the address stands in the window of an envelope folded twice.

const TABLE_TOP = 126 * MM;
const NEXT_TABLE_TOP = 32 * MM;
const FOOT_TOP = 268 * MM;
const FOOT_GAP = 6 * MM;
const FOOT_ROWS = 5;
const ADDRESS_LINES_MAX = 6;

/**
 * The invoice as a tagged PDF with the marks of PDF/A-3b and embedded fonts. The same document gives the same bytes: dates
 * and ids come from the document, fonts from `fontsFolder`. Asserts that the figures add up before drawing them.
 */
export async function renderInvoicePdf(invoice: InvoiceDocument, fontsFolder: string): Promise<Uint8Array> {
  assert(imbalances(invoice).length === 0, `invoice ${invoice.number} adds up: ${imbalances(invoice).join(", ")}`);
  const texts = invoiceTexts(invoice.locale);
  const title = `${texts.invoice} ${invoice.number}`;
  const pen = new PagePen({
    title: invoice.demo ? `${title} (${texts.demo})` : title,
    subject: invoice.month,
    language: invoice.locale,
    created_at_ms: invoice.issued_at_ms,
    fontsFolder,
  });
  const format = documentFormat(invoice.locale, invoice.currency, invoice.timezone);
  const sheet: Sheet = { pen, invoice, texts, format };
  const pages = paginate(invoice.lines.length, {
    first: FOOT_TOP - FOOT_GAP - TABLE_TOP - TABLE_HEAD,
    next: FOOT_TOP - FOOT_GAP - NEXT_TABLE_TOP - TABLE_HEAD,
    row: ROW,
    closing: closingHeight(sheet),
  });
  drawPages(sheet, pages);
  return pen.finish();
}

/** One table over all pages, for whoever hears it read out; heads repeated on paper are not read again. */
function drawPages(sheet: Sheet, pages: readonly PagePlan[]): void {
  const { pen, invoice } = sheet;
  beginPage(sheet);
  drawLetterHead(sheet);
  let y = TABLE_TOP;
  pen.tagged("Table", () => {
    pages.forEach((page, index) => {
      if (index > 0) {
        drawFoot(sheet, index, pages.length);
        beginPage(sheet);
        drawContinuation(sheet);
        y = NEXT_TABLE_TOP;
      }
      drawTableHead(sheet, y, index > 0);
      y += TABLE_HEAD;
      for (const line of invoice.lines.slice(page.from, page.to)) {
        drawTableRow(sheet, line, y);
        y += ROW;
      }
    });
  });
  drawClosing(sheet, y);
  drawFoot(sheet, pages.length, pages.length);
}

function beginPage({ pen, invoice, texts }: Sheet): void {
  pen.addPage();
  if (invoice.demo)
    pen.artifact(() => {
      pen.watermark(texts.demoMark, INK.wash);
    });
}

function drawLetterHead(sheet: Sheet): void {
  const { pen, invoice, texts, format } = sheet;
  const { seller, customer } = invoice;
  pen.say("P", pen.fit(seller.name, 120 * MM, { size: 15, weight: "semibold" }), LEFT, 24 * MM, {
    size: 15,
    weight: "semibold",
  });
  if (invoice.siteName !== "" && invoice.siteName !== seller.name) {
    pen.say("P", pen.fit(invoice.siteName, 120 * MM, { size: 9 }), LEFT, 29.5 * MM, { size: 9, ink: INK.muted });
  }
  if (invoice.demo) demoBadge(sheet, 24 * MM);
  const sender = [seller.name, ...seller.address.split(/\r?\n/u)]
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const small = { size: 6.5, ink: INK.muted } as const;
  pen.artifact(() => {
    pen.mark(pen.fit(sender.join(" · "), 80 * MM, small), LEFT, 59 * MM, small);
  });
  drawAddress(sheet, customer.name, customer.address);
  drawFacts(sheet, 50 * MM);
  const heading = { size: 20, weight: "semibold" } as const;
  pen.say("H1", invoice.demo ? `${texts.invoice} (${texts.demoMark})` : texts.invoice, LEFT, 109 * MM, heading);
  const subject = fill(texts.subject, { month: format.month(invoice.month), site: invoice.siteName }).replace(
    /, $/u,
    "",
  );
  pen.say("P", pen.fit(subject, RIGHT - LEFT, { size: 9.5 }), LEFT, 116 * MM, { size: 9.5, ink: INK.muted });
}

function demoBadge({ pen, texts }: Sheet, y: number): void {
  pen.artifact(() => {
    pen.badge(texts.demo, RIGHT, y, INK.demo);
  });
}

function drawAddress({ pen }: Sheet, name: string, address: string): void {
  const style = { size: 10.5 } as const;
  const given = address
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const lines = pen.wrap([name, ...given].join("\n"), 80 * MM, style, ADDRESS_LINES_MAX);
  pen.tagged("Sect", () => {
    lines.forEach((line, index) => {
      pen.say("P", line, LEFT, 66.5 * MM + index * 13.5, style);
    });
  });
}

/** Number, dates and period: the facts that a bookkeeper looks for first. */
function drawFacts({ pen, invoice, texts, format }: Sheet, top: number): void {
  const { from, to } = monthDays(invoice.month);
  const facts: readonly (readonly [label: string, value: string])[] = [
    [texts.number, invoice.number],
    [texts.issued, format.date(invoice.issued_at_ms)],
    [texts.period, `${format.day(from)} – ${format.day(to)}`],
    [texts.due, format.date(invoice.due_at_ms)],
    [texts.customerNumber, invoice.customer.id],
    ...(invoice.customer.vatId === null || invoice.customer.vatId === ""
      ? []
      : [[texts.customerVatId, invoice.customer.vatId] as const]),
  ];
  const left = 118 * MM;
  const label = { size: 8.5, ink: INK.muted } as const;
  const value = { size: 8.5, weight: "semibold", align: "right" } as const;
  facts.forEach(([name, text], index) => {
    const y = top + 8 + index * 15;
    pen.tagged("P", () => {
      pen.text(name, left, y, label);
      pen.text(pen.fit(text, RIGHT - left - pen.width(name, label) - 10, value), RIGHT, y, value);
    });
    pen.artifact(() => {
      pen.line(left, RIGHT, y + 4.5, INK.hair);
    });
  });
}

function monthDays(month: string): { from: Temporal.PlainDate; to: Temporal.PlainDate } {
  const from = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 });
  return { from, to: from.add({ months: 1 }).subtract({ days: 1 }) };
}

function drawContinuation(sheet: Sheet): void {
  const { pen, invoice, texts } = sheet;
  const title = fill(texts.continued, { invoice: texts.invoice, number: invoice.number });
  const style = { size: 9, weight: "semibold" } as const;
  pen.artifact(() => {
    pen.mark(title, LEFT, 20 * MM, style);
    pen.mark(pen.fit(invoice.customer.name, 60 * MM, { size: 9 }), LEFT + pen.width(title, style) + 10, 20 * MM, {
      size: 9,
      ink: INK.muted,
    });
  }, "Pagination");
  if (invoice.demo) demoBadge(sheet, 20 * MM);
}

/** Who sells, how to reach and pay them, and where we are, on every page. */
function drawFoot({ pen, invoice, texts }: Sheet, page: number, pages: number): void {
  const { seller } = invoice;
  const named = (label: string, value: string): string => (value === "" ? "" : `${label} ${value}`);
  const columns: readonly (readonly string[])[] = [
    [seller.name, ...seller.address.split(/\r?\n/u)],
    [seller.email, seller.phone, named(texts.vatId, seller.vatId), named(texts.taxNumber, seller.taxNumber)],
    [seller.bank, seller.iban === "" ? "" : groupedIban(seller.iban)],
  ];
  const style = { size: 7, ink: INK.muted } as const;
  const width = (RIGHT - LEFT) / 3;
  pen.artifact(() => {
    pen.line(LEFT, RIGHT, FOOT_TOP, INK.line);
    columns.forEach((column, index) => {
      const given = column.map((text) => text.trim()).filter((text) => text !== "");
      // The last row of the last column is the page number's.
      const shown = pen.wrap(given.join("\n"), width - 10, style, index === 2 ? FOOT_ROWS - 1 : FOOT_ROWS);
      shown.forEach((text, row) => {
        pen.mark(text, LEFT + index * width, FOOT_TOP + 12 + row * 9.5, style);
      });
    });
    const number = fill(texts.page, { page: String(page), pages: String(pages) });
    pen.mark(number, RIGHT, FOOT_TOP + 12 + (FOOT_ROWS - 1) * 9.5, { ...style, align: "right" });
  }, "Pagination");
}
