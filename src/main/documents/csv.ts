import Papa from "papaparse";

export type Delimiter = "," | ";";
export type CsvCell = string | number | null;

/** A column of a table of `Row`: its head, and the value of a row; `null` is an empty cell, never 0. */
export type CsvColumn<Row> = { readonly head: string; readonly value: (row: Row) => CsvCell };

const LINE_END = "\r\n";

/** One line of RFC 4180 text. Text that a spreadsheet would run as a formula gets an apostrophe; negative numbers do not. */
const line = (cells: readonly CsvCell[], delimiter: Delimiter): string =>
  Papa.unparse([cells.map((cell) => (typeof cell === "string" ? withoutFormula(cell) : cell))], {
    delimiter,
    newline: LINE_END,
  });

/** A cell that begins with one of these is run by spreadsheets: = + - @, tab and line ends before them. */
const withoutFormula = (text: string): string =>
  /^[=+\-@\t\r\n]/u.test(text) && !/^-?\d+(?:[.,]\d+)?$/u.test(text) ? `'${text}` : text;

/** The lines of a table with their line ends, head first, one at a time: nothing is collected. */
export function* csvLines<Row>(
  columns: readonly CsvColumn<Row>[],
  rows: Iterable<Row>,
  delimiter: Delimiter = ",",
): Generator<string> {
  yield (
    line(
      columns.map((column) => column.head),
      delimiter,
    ) + LINE_END
  );
  for (const row of rows) {
    yield (
      line(
        columns.map((column) => column.value(row)),
        delimiter,
      ) + LINE_END
    );
  }
}

/** Where decimals have a comma, files are separated by semicolons: "12.5" becomes "12,5" with `;`. */
export const decimalCell = (text: string | null, delimiter: Delimiter): string | null =>
  text === null || delimiter === "," ? text : text.replace(".", ",");
