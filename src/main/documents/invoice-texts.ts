import type { Language } from "./document-format.ts";

/** Words of the invoice. `{…}` is filled in by `fill`. */
export type InvoiceTexts = {
  readonly invoice: string;
  readonly number: string;
  readonly issued: string;
  readonly period: string;
  readonly customerNumber: string;
  readonly customerVatId: string;
  readonly due: string;
  readonly subject: string;
  readonly start: string;
  readonly end: string;
  readonly bay: string;
  readonly card: string;
  readonly meterStart: string;
  readonly meterStop: string;
  readonly energy: string;
  readonly unitPrice: string;
  readonly net: string;
  readonly sessionsOne: string;
  readonly sessionsMany: string;
  readonly netTotal: string;
  readonly vat: string;
  readonly noVat: string;
  readonly grossTotal: string;
  readonly pay: string;
  readonly payNothing: string;
  readonly payee: string;
  readonly iban: string;
  readonly bank: string;
  readonly reference: string;
  readonly times: string;
  readonly page: string;
  readonly continued: string;
  readonly vatId: string;
  readonly taxNumber: string;
  readonly demo: string;
  readonly demoMark: string;
};

const en: InvoiceTexts = {
  invoice: "Invoice",
  number: "Invoice no.",
  issued: "Invoice date",
  period: "Period of supply",
  customerNumber: "Customer no.",
  customerVatId: "Your VAT ID",
  due: "Payable by",
  subject: "Electricity for electric vehicles in {month}, {site}",
  start: "Start",
  end: "End",
  bay: "Bay",
  card: "Card",
  meterStart: "Meter start",
  meterStop: "Meter stop",
  energy: "kWh",
  unitPrice: "{currency}/kWh",
  net: "Net {currency}",
  sessionsOne: "{count} session",
  sessionsMany: "{count} sessions",
  netTotal: "Net total",
  vat: "VAT {rate} on {net}",
  noVat: "No VAT on {net}",
  grossTotal: "Amount due",
  pay: "Please transfer {gross} by {due}.",
  payNothing: "No payment is due.",
  payee: "Payee",
  iban: "IBAN",
  bank: "Bank",
  reference: "Reference",
  times: "Times as on the site's clocks ({zone}). Meter readings in kWh, from the meter inside the charger.",
  page: "Page {page} of {pages}",
  continued: "{invoice} {number}, continued",
  vatId: "VAT ID",
  taxNumber: "Tax no.",
  demo: "DEMO – not an invoice",
  demoMark: "DEMO",
};

const de: InvoiceTexts = {
  invoice: "Rechnung",
  number: "Rechnungsnr.",
  issued: "Rechnungsdatum",
  period: "Leistungszeitraum",
  customerNumber: "Kundennr.",
  customerVatId: "Ihre USt-IdNr.",
  due: "Zahlbar bis",
  subject: "Ladestrom für Elektrofahrzeuge im {month}, {site}",
  start: "Beginn",
  end: "Ende",
  bay: "Stellplatz",
  card: "Karte",
  meterStart: "Zähler Beginn",
  meterStop: "Zähler Ende",
  energy: "kWh",
  unitPrice: "{currency}/kWh",
  net: "Netto {currency}",
  sessionsOne: "{count} Ladevorgang",
  sessionsMany: "{count} Ladevorgänge",
  netTotal: "Nettobetrag",
  vat: "USt. {rate} auf {net}",
  noVat: "Ohne USt. auf {net}",
  grossTotal: "Rechnungsbetrag",
  pay: "Bitte überweisen Sie {gross} bis zum {due}.",
  payNothing: "Es ist nichts zu zahlen.",
  payee: "Empfänger",
  iban: "IBAN",
  bank: "Bank",
  reference: "Verwendungszweck",
  times: "Zeiten nach der Uhr des Standorts ({zone}). Zählerstände in kWh, vom Zähler in der Ladestation.",
  page: "Seite {page} von {pages}",
  continued: "{invoice} {number}, Fortsetzung",
  vatId: "USt-IdNr.",
  taxNumber: "Steuernr.",
  demo: "DEMO – keine Rechnung",
  demoMark: "DEMO",
};

const TEXTS: Readonly<Record<Language, InvoiceTexts>> = { en, de };

/** The words of a document in its language. */
export const invoiceTexts = (language: Language): InvoiceTexts => TEXTS[language];

/** Puts values into the `{…}` of a text; a name without a value stays visible, so that a test finds it. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/gu, (whole, name: string) => values[name] ?? whole);
