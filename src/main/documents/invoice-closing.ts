import { groupedIban } from "./document-format.ts";
import { LEFT, RIGHT, type Sheet } from "./invoice-sheet.ts";
import { fill } from "./invoice-texts.ts";
import { INK, MM } from "./page-pen.ts";

// Below the last session: sums, VAT per rate, and how to pay.

const TOTALS_LEFT = 110 * MM;
const LINE = 15;
const NOTE = { size: 8.5 } as const;
const NOTE_LINE = 12;
const NOTE_LINES_MAX = 12;
const LABEL_WIDTH = 34 * MM;

/** Points that the closing part needs below the last row. */
export function closingHeight(sheet: Sheet): number {
  const { invoice } = sheet;
  const totals = 28 + (invoice.vat.length + 2) * LINE + 12;
  const payment = 42 + paymentFacts(sheet).length * NOTE_LINE;
  return totals + payment + noteLines(sheet).length * NOTE_LINE + 16;
}

/** Draws sums, payment and notes from `top` on. */
export function drawClosing(sheet: Sheet, top: number): void {
  const afterTotals = drawTotals(sheet, top + 20);
  drawPayment(sheet, afterTotals + 30);
}

/** Returns the baseline of the total. */
function drawTotals({ pen, invoice, texts, format }: Sheet, top: number): number {
  const plain = { size: 9, tabular: true } as const;
  const energy_Wh = invoice.lines.reduce((sum, line) => sum + line.energy_Wh, 0);
  const count = invoice.lines.length;
  const sessions = fill(count === 1 ? texts.sessionsOne : texts.sessionsMany, { count: format.count(count) });
  pen.say("P", `${sessions} · ${format.kWh(energy_Wh)} ${texts.energy}`, LEFT, top, { ...plain, ink: INK.muted });
  const rows: readonly (readonly [string, string])[] = [
    [texts.netTotal, format.money(invoice.net_minor)],
    ...invoice.vat.map(({ vat_bp, net_minor, tax_minor }) => {
      const net = format.money(net_minor);
      const label = vat_bp === null ? fill(texts.noVat, { net }) : fill(texts.vat, { rate: format.rate(vat_bp), net });
      return [label, format.money(tax_minor)] as const;
    }),
  ];
  rows.forEach(([label, amount], index) => {
    pen.tagged("P", () => {
      pen.text(label, TOTALS_LEFT, top + index * LINE, plain);
      pen.text(amount, RIGHT, top + index * LINE, { ...plain, align: "right" });
    });
  });
  const y = top + rows.length * LINE + 8;
  const total = { size: 12, weight: "semibold", tabular: true } as const;
  pen.artifact(() => {
    pen.line(TOTALS_LEFT, RIGHT, y - 15, INK.text, 0.8);
  });
  pen.tagged("P", () => {
    pen.text(texts.grossTotal, TOTALS_LEFT, y, total);
    pen.text(format.money(invoice.gross_minor), RIGHT, y, { ...total, align: "right", ink: INK.accent });
  });
  return y;
}

function paymentFacts({ invoice, texts }: Sheet): readonly (readonly [string, string])[] {
  const { seller } = invoice;
  if (invoice.gross_minor <= 0 || seller.iban === "") return [];
  const facts: (readonly [string, string])[] = [
    [texts.payee, seller.name],
    [texts.iban, groupedIban(seller.iban)],
  ];
  if (seller.bank !== "") facts.push([texts.bank, seller.bank]);
  facts.push([texts.reference, invoice.number]);
  return facts;
}

function drawPayment(sheet: Sheet, top: number): void {
  const { pen, invoice, texts, format } = sheet;
  const pay =
    invoice.gross_minor > 0
      ? fill(texts.pay, { gross: format.money(invoice.gross_minor), due: format.date(invoice.due_at_ms) })
      : texts.payNothing;
  pen.say("P", pay, LEFT, top, { size: 9, weight: "semibold" });
  let y = top + 16;
  for (const [label, value] of paymentFacts(sheet)) {
    pen.tagged("P", () => {
      pen.text(label, LEFT, y, { ...NOTE, ink: INK.muted });
      pen.text(pen.fit(value, RIGHT - LEFT - LABEL_WIDTH, NOTE), LEFT + LABEL_WIDTH, y, NOTE);
    });
    y += NOTE_LINE;
  }
  y += 6;
  for (const line of noteLines(sheet)) {
    pen.say("P", line, LEFT, y, { ...NOTE, ink: INK.muted });
    y += NOTE_LINE;
  }
}

function noteLines({ pen, invoice, texts }: Sheet): readonly string[] {
  const own = invoice.seller.note.trim();
  const times = fill(texts.times, { zone: invoice.timezone });
  const width = RIGHT - LEFT;
  return [...(own === "" ? [] : pen.wrap(own, width, NOTE, NOTE_LINES_MAX)), ...pen.wrap(times, width, NOTE, 2)];
}
