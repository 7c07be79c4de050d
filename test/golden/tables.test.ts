import { expect, test } from "vitest";
import type { InvoiceSummary, SessionRow } from "../../src/contract/index.ts";
import { invoicesCsv, quarterHoursCsv, sessionsCsv } from "../../src/main/documents/index.ts";
import { epochMs, wattHour } from "../../src/core/units/index.ts";

const row: SessionRow = {
  id: "P01-1-abc",
  stationId: "P01",
  stationName: "Bay 1",
  evseId: 1,
  started_at_ms: Date.parse("2026-10-25T00:30:00Z"),
  ended_at_ms: Date.parse("2026-10-25T01:30:00Z"),
  start_Wh: 1_000,
  stop_Wh: 13_345,
  energy_Wh: 12_345,
  charging_ms: 3_600_000,
  cardAlias: "4F7A",
  customerId: "c1",
  customerName: "Öztürk; Söhne, \"OHG\"",
  endReason: "Local",
  endedBy: "station",
  flags: [
    { rule: "D10", severity: "W", inputs: {} },
    { rule: "D22", severity: "W", inputs: {} },
  ],
  held: false,
  cost: { currency: "EUR", net_minor: 518, tax_minor: 98, gross_minor: 616 },
  invoiceNumber: null,
};
const running: SessionRow = {
  ...row,
  id: "P02-1-def",
  ended_at_ms: null,
  stop_Wh: null,
  energy_Wh: null,
  charging_ms: null,
  customerName: "=HYPERLINK(\"http://example\")",
  endReason: null,
  endedBy: null,
  flags: [],
  cost: null,
};
const options = { timezone: "Europe/Berlin" };
const csv = (lines: Iterable<string>): string => [...lines].join("");

test("sessions as CSV: both clocks, decimals as text, the doubled hour of autumn told apart", async () => {
  await expect(csv(sessionsCsv([row, running], options))).toMatchFileSnapshot("sessions.csv");
});

test("with semicolons decimals have commas", async () => {
  await expect(csv(sessionsCsv([row, running], { ...options, delimiter: ";" }))).toMatchFileSnapshot("sessions-semicolon.csv");
});

test("the whole card is written only on request", () => {
  expect(csv(sessionsCsv([row], options))).not.toContain("04AABBCC4F7A");
  const text = csv(sessionsCsv([row], { ...options, idToken: () => "04AABBCC4F7A" }));
  expect(text).toContain(",id_token,");
  expect(text).toContain(",04AABBCC4F7A,");
});

test.each(["=1+1", "+49 40 123", "-2+3", "@SUM(A1)", "\t=1"])("the name %j is no formula", (customerName) => {
  expect(csv(sessionsCsv([{ ...row, customerName }], options))).toContain(`'${customerName}`);
});

test("a negative figure is a figure", () => {
  const invoice: InvoiceSummary = {
    id: "i1", number: "RE-2026-0001", month: "2026-03", customerId: "c1", customerName: "A", issued_at_ms: Date.parse("2026-03-31T22:30:00Z"), sessions: 1, energy_Wh: 12_345, currency: "EUR", net_minor: -518, tax_minor: -98, gross_minor: -616,
  };
  expect(csv(invoicesCsv([invoice], options))).toBe(
    "number,month,issued,customer_id,customer,sessions,energy_kWh,net,tax,gross,currency\r\n" +
      "RE-2026-0001,2026-03,2026-04-01,c1,A,1,12.345,-5.18,-0.98,-6.16,EUR\r\n",
  );
});

test("a quarter hour that nobody measured is empty, not zero", () => {
  const slot = { slot_ms: epochMs(Date.parse("2026-03-02T10:00:00Z")), stationId: "", ev_Wh: wattHour(0), site_Wh: null, avg_W: null, max_W: null, seen_ms: 0, plugged_ms: 0, charging_ms: 0, limited_ms: 0 };
  expect(csv(quarterHoursCsv([slot], options)).split("\r\n")[1]).toBe("2026-03-02T11:00:00+01:00,2026-03-02T10:00:00Z,,0,,,,0,0,0,0");
});

test("no rows are a head", () => {
  expect(csv(sessionsCsv([], options)).split("\r\n")).toHaveLength(2);
});
