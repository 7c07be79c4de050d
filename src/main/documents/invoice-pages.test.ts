import fc from "fast-check";
import { expect, test } from "vitest";
import { paginate } from "./invoice-pages.ts";

const room = { first: 300, next: 500, row: 10, closing: 100 };

test.each([
  ["no session is one page", 0, [{ from: 0, to: 0 }]],
  ["what fits with its totals is one page", 20, [{ from: 0, to: 20 }]],
  [
    "totals that do not fit take a row with them",
    21,
    [
      { from: 0, to: 20 },
      { from: 20, to: 21 },
    ],
  ],
  [
    "a full first page",
    30,
    [
      { from: 0, to: 29 },
      { from: 29, to: 30 },
    ],
  ],
  [
    "the second page holds its totals",
    70,
    [
      { from: 0, to: 30 },
      { from: 30, to: 70 },
    ],
  ],
  [
    "a third page",
    71,
    [
      { from: 0, to: 30 },
      { from: 30, to: 70 },
      { from: 70, to: 71 },
    ],
  ],
])("%s", (_name, rows, pages) => {
  expect(paginate(rows, room)).toEqual(pages);
});

test("every row is on exactly one page, and the last page has room for the totals", () => {
  fc.assert(
    fc.property(fc.nat(3000), (rows) => {
      const pages = paginate(rows, room);
      expect(pages[0]?.from).toBe(0);
      expect(pages.at(-1)?.to).toBe(rows);
      pages.forEach((page, index) => {
        const height = index === 0 ? room.first : room.next;
        const closing = index === pages.length - 1 ? room.closing : 0;
        expect((page.to - page.from) * room.row + closing).toBeLessThanOrEqual(height);
        if (index > 0) expect(page.from).toBe(pages[index - 1]?.to);
      });
    }),
  );
});
