import type { InvoiceDocument } from "../storage/types.ts";
import { LEFT, RIGHT, type Sheet } from "./invoice-sheet.ts";
import { fill } from "./invoice-texts.ts";
import { INK } from "./page-pen.ts";

// One row per session: when, where, the two meter readings, and how they become money.

export const ROW = 15.5;
export const TABLE_HEAD = 20;
const BODY = { size: 8, tabular: true } as const;
const HEAD = { size: 7.5, weight: "semibold", ink: INK.muted } as const;
const GAP = 6;

type InvoiceLine = InvoiceDocument["lines"][number];
type Column = {
  readonly head: (sheet: Sheet) => string;
  readonly width: number;
  readonly align: "left" | "right";
  readonly cell: (sheet: Sheet, line: InvoiceLine, width: number) => string;
};

/** The end shows its day only when it is another one than the start's. */
function endCell({ format }: Sheet, { started_at_ms, ended_at_ms }: InvoiceLine): string {
  const day = format.date(ended_at_ms);
  return day === format.date(started_at_ms)
    ? format.time(ended_at_ms)
    : `${format.shortDate(ended_at_ms)} ${format.time(ended_at_ms)}`;
}

function bayCell({ pen }: Sheet, { stationName, cardAlias }: InvoiceLine, width: number): string {
  if (cardAlias === null || cardAlias === "") return pen.fit(stationName, width, BODY);
  const card = ` · ${cardAlias}`;
  return pen.fit(stationName, width - pen.width(card, BODY), BODY) + card;
}

const COLUMNS: readonly Column[] = [
  {
    head: ({ texts }) => texts.start,
    width: 84,
    align: "left",
    cell: ({ format }, line) => `${format.date(line.started_at_ms)} ${format.time(line.started_at_ms)}`,
  },
  { head: ({ texts }) => texts.end, width: 56, align: "left", cell: endCell },
  { head: ({ texts }) => `${texts.bay} · ${texts.card}`, width: 90, align: "left", cell: bayCell },
  {
    head: ({ texts }) => texts.meterStart,
    width: 54,
    align: "right",
    cell: ({ format }, line) => format.kWh(line.start_Wh),
  },
  {
    head: ({ texts }) => texts.meterStop,
    width: 54,
    align: "right",
    cell: ({ format }, line) => format.kWh(line.stop_Wh),
  },
  {
    head: ({ texts }) => texts.energy,
    width: 42,
    align: "right",
    cell: ({ format }, line) => format.kWh(line.energy_Wh),
  },
  {
    head: ({ texts, invoice }) => fill(texts.unitPrice, { currency: invoice.currency }),
    width: 42,
    align: "right",
    cell: ({ format }, line) => format.price(line.perKWh),
  },
  {
    head: ({ texts, invoice }) => fill(texts.net, { currency: invoice.currency }),
    width: 0,
    align: "right",
    cell: ({ format }, line) => format.amount(line.net_minor),
  },
];

/** Calls `draw` with every column and the edge its text stands at; the last column takes what is left. */
function eachColumn(draw: (column: Column, x: number, width: number) => void): void {
  let left = LEFT;
  COLUMNS.forEach((column, index) => {
    const width = index === COLUMNS.length - 1 ? RIGHT - left : column.width;
    draw(column, column.align === "left" ? left : left + width, width - GAP);
    left += width;
  });
}

/** The head of the table, `y` its upper edge. On further pages it is a repetition that is not read out again. */
export function drawTableHead(sheet: Sheet, y: number, repeated: boolean): void {
  const { pen } = sheet;
  const baseline = y + 10;
  if (repeated) {
    pen.artifact(() => {
      eachColumn((column, x) => {
        pen.mark(column.head(sheet), x, baseline, { ...HEAD, align: column.align });
      });
    }, "Pagination");
  } else {
    pen.tagged("TR", () => {
      eachColumn((column, x) => {
        pen.say("TH", column.head(sheet), x, baseline, { ...HEAD, align: column.align });
      });
    });
  }
  pen.artifact(() => {
    pen.line(LEFT, RIGHT, y + 16, INK.text, 0.8);
  });
}

/** One session, `y` its upper edge. */
export function drawTableRow(sheet: Sheet, line: InvoiceLine, y: number): void {
  const { pen } = sheet;
  pen.tagged("TR", () => {
    eachColumn((column, x, width) => {
      pen.say("TD", column.cell(sheet, line, width), x, y + 10, { ...BODY, align: column.align });
    });
  });
  pen.artifact(() => {
    pen.line(LEFT, RIGHT, y + ROW - 1, INK.hair);
  });
}
