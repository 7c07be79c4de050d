import type { InvoiceDocument } from "../storage/types.ts";
import type { DocumentFormat } from "./document-format.ts";
import type { InvoiceTexts } from "./invoice-texts.ts";
import { MM, type PagePen } from "./page-pen.ts";

/** A4 after DIN 5008: 25 mm to the left for punching, 20 mm to the right. */
export const LEFT = 25 * MM;
export const RIGHT = (210 - 20) * MM;

/** What every part of the drawing needs. */
export type Sheet = {
  readonly pen: PagePen;
  readonly invoice: InvoiceDocument;
  readonly texts: InvoiceTexts;
  readonly format: DocumentFormat;
};
