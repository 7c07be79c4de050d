// How many table rows go on which page. Pure, so that "page 1 of 4" is known before anything is drawn.

export type PagePlan = { readonly from: number; readonly to: number };

/** Points of height for rows on the first page and on further ones, and what the closing part (totals, payment) needs. */
export type PageRoom = {
  readonly first: number;
  readonly next: number;
  readonly row: number;
  readonly closing: number;
};

/**
 * Splits `rows` over pages. The closing part stands below the last row where it fits, otherwise it takes at least one
 * row over to a new page, so that totals never stand alone without a line they belong to.
 */
export function paginate(rows: number, room: PageRoom): readonly PagePlan[] {
  const pages: PagePlan[] = [];
  let from = 0;
  for (;;) {
    const height = pages.length === 0 ? room.first : room.next;
    const fits = Math.max(1, Math.floor(height / room.row));
    const left = rows - from;
    if (left * room.row + room.closing <= height) return [...pages, { from, to: rows }];
    const taken = left <= fits ? Math.max(left - 1, 0) : fits;
    if (taken === 0) return [...pages, { from, to: rows }];
    pages.push({ from, to: from + taken });
    from += taken;
  }
}
