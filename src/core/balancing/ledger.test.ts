import { describe, expect, test } from "vitest";
import {
  acknowledged,
  forgotten,
  isStubborn,
  missed,
  RESEND_MS,
  sent,
  SETTLE_MS,
  settled,
  silenced,
  STUBBORN_AFTER,
  unknownEntry,
  worstCase_mA,
} from "./ledger.ts";
import { at, box, mA, t } from "./ledger.example.ts";
import type { BoxView, LedgerEntry } from "./ledger.ts";

const drawing = (current: number, ms: number): BoxView => box({ drawn_mA: mA(current), drawn_at_ms: t(ms) });
/** Lowered to 6 A at 0 and confirmed at once. */
const lowered = (from: number): LedgerEntry => acknowledged(sent(at(from), mA(6000), t(0)), mA(6000), t(0));

describe("a decrease", () => {
  test("counts only when confirmed and settled", () => {
    const open = sent(at(16_000), mA(6000), t(0));
    expect(worstCase_mA(settled(open, box(), t(60_000)), box())).toBe(16_000);
    expect(worstCase_mA(settled(lowered(16_000), box(), t(SETTLE_MS - 1)), box())).toBe(16_000);
    expect(worstCase_mA(settled(lowered(16_000), box(), t(SETTLE_MS)), box())).toBe(6000);
  });

  test("of a metered box counts only when two of its readings in a row agree", () => {
    const first = settled(lowered(16_000), drawing(5900, 9_000), t(11_000));
    expect(worstCase_mA(first, drawing(5900, 9_000))).toBe(16_000);
    // The same reading looked at again is no second one.
    expect(settled(first, drawing(5900, 9_000), t(12_000)).upper_mA).toBe(16_000);
    const contradicted = settled(first, drawing(15_000, 13_000), t(13_000));
    expect(settled(contradicted, drawing(5900, 14_000), t(14_000)).upper_mA).toBe(16_000);
    expect(settled(first, drawing(6400, 13_000), t(13_000)).upper_mA).toBe(6000);
  });

  test("is not proven by readings from before a car could follow", () => {
    const early = settled(settled(lowered(16_000), drawing(0, 1_000), t(1_000)), drawing(0, 2_000), t(2_000));
    expect(settled(early, drawing(0, 5_000), t(SETTLE_MS)).upper_mA).toBe(16_000);
  });

  test("that the box says yes to and does not heed is told again, and the third time the box is stubborn", () => {
    let entry = lowered(16_000);
    for (let round = 0; round < STUBBORN_AFTER; round += 1) {
      expect(isStubborn(entry)).toBe(false);
      const now = (round + 1) * 30_000;
      const read = drawing(15_900, now);
      entry = settled({ ...entry, acknowledged_at_ms: t(now - RESEND_MS) }, read, t(now));
      expect(entry.failed).toBe(true);
      entry = acknowledged(sent(entry, mA(6000), t(now)), mA(6000), t(now));
    }
    expect(isStubborn(entry)).toBe(true);
    expect(worstCase_mA(entry, drawing(15_900, 100_000))).toBe(16_000);
  });

  test("to a car that takes a little more than it is told is followed all the same", () => {
    const zoe = at(20_000);
    const told = acknowledged(sent(zoe, mA(16_000), t(0)), mA(16_000), t(0));
    const once = settled(told, drawing(17_200, 11_000), t(11_000));
    const twice = settled(once, drawing(17_200, 12_000), t(12_000));
    expect(twice.upper_mA).toBe(16_000);
    expect(worstCase_mA(twice, drawing(17_200, 12_000))).toBe(17_700);
  });
});

describe("an answer", () => {
  test("to an older command confirms nothing", () => {
    const newer = sent(sent(at(16_000), mA(10_000), t(0)), mA(6000), t(10));
    expect(acknowledged(newer, mA(10_000), t(20))).toBe(newer);
  });

  test("to an earlier command of the same value is not taken for the newest one", () => {
    const first = sent(at(16_000), mA(6000), t(0));
    const last = sent(sent(first, mA(10_000), t(1)), mA(6000), t(2));
    expect(acknowledged(last, mA(6000), t(3), first.commandNumber).acknowledged_at_ms).toBeNull();
    expect(acknowledged(last, mA(6000), t(3), last.commandNumber).acknowledged_at_ms).toBe(t(3));
  });

  test("that comes after the newer one's may mean a changed order: nothing is confirmed any more", () => {
    const older = sent(at(16_000), mA(10_000), t(0));
    const newer = acknowledged(sent(older, mA(6000), t(1)), mA(6000), t(2));
    const late = acknowledged(newer, mA(10_000), t(3), older.commandNumber);
    expect(late).toMatchObject({ acknowledged_at_ms: null, failed: true });
    expect(settled(late, box(), t(60_000)).upper_mA).toBe(16_000);
  });

  test("that never came counts once, and not against a newer command", () => {
    const open = sent(at(16_000), mA(6000), t(0));
    expect(missed(open).misses).toBe(1);
    expect(missed(sent(open, mA(7000), t(1)), open.commandNumber).misses).toBe(0);
  });
});

describe("what a box may be drawing", () => {
  test("an increase counts from the moment it is sent", () => {
    expect(worstCase_mA(sent(at(6000), mA(16_000), t(0)), box())).toBe(16_000);
  });

  test("a silent box counts with its fallback or its last value, whichever is larger, and never with zero", () => {
    expect(worstCase_mA(at(16_000), box({ online: false }))).toBe(16_000);
    expect(worstCase_mA(at(0), box({ online: false }))).toBe(6000);
    expect(worstCase_mA(unknownEntry({ max_mA: mA(32_000) }), box({ online: false }))).toBe(6000);
  });

  test("a silent box counts with its fallback only when that is proven and its time and half of it again are over", () => {
    const silent = { online: false, fallbackAfter_ms: 60_000, heard_at_ms: t(0) };
    const proven = box({ ...silent, fallbackProven: true });
    expect(worstCase_mA(at(16_000), proven, t(89_999))).toBe(16_000);
    expect(worstCase_mA(at(16_000), proven, t(90_000))).toBe(6000);
    expect(worstCase_mA(at(16_000), proven)).toBe(16_000);
    expect(worstCase_mA(at(16_000), box({ ...silent, fallbackProven: false }), t(900_000))).toBe(16_000);
    expect(worstCase_mA(at(16_000), { ...proven, fallbackAfter_ms: null }, t(900_000))).toBe(16_000);
  });

  test("a box that comes back and leaves again before it confirmed anything still counts with what it held before", () => {
    const back = forgotten(at(16_000), { max_mA: mA(32_000) });
    expect(worstCase_mA(back, box({ online: false }))).toBe(16_000);
    expect(worstCase_mA(forgotten(back, { max_mA: mA(32_000) }), box({ online: false }))).toBe(16_000);
  });

  test("a box that restarted may offer its maximum until it has confirmed something lower", () => {
    expect(worstCase_mA(forgotten(at(6000), { max_mA: mA(32_000) }), box())).toBe(32_000);
  });

  test("a car that draws more than its setpoint counts with what it draws, and one known to, with what it would", () => {
    expect(worstCase_mA(at(10_000), box({ drawn_mA: mA(13_000) }))).toBe(13_500);
    expect(worstCase_mA(at(10_000), box({ over_permille: 80 }))).toBe(10_800);
  });

  test("a free box counts with what it would offer the next car, and with nothing once it confirmed nothing", () => {
    const free = box({ unplugged: true });
    expect(worstCase_mA(at(16_000), free)).toBe(16_000);
    // Found by P2: the car that comes may be the one that takes more than it is told.
    expect(worstCase_mA(at(16_000), box({ unplugged: true, over_permille: 100 }))).toBe(17_600);
    const told = acknowledged(sent(at(16_000), mA(0), t(0)), mA(0), t(100));
    expect(worstCase_mA(settled(told, free, t(101)), free)).toBe(0);
  });
});

describe("a box that was seen not to follow", () => {
  test("proves nothing by no longer telling what it draws", () => {
    const seen = settled(lowered(32_000), drawing(31_800, 8_000), t(8_000));
    expect(settled(seen, box(), t(50_000)).upper_mA).toBe(32_000);
    expect(settled(seen, box({ online: false }), t(50_000)).upper_mA).toBe(32_000);
  });

  test("proves nothing either when it says yes once more and shows nothing", () => {
    const ignored = settled(
      settled(lowered(32_000), drawing(31_800, 12_000), t(12_000)),
      drawing(31_800, 20_000),
      t(20_000),
    );
    expect(ignored.unheeded).toBe(1);
    const again = acknowledged(sent(ignored, mA(6000), t(25_000)), mA(6000), t(25_000));
    expect(settled(again, box(), t(70_000)).upper_mA).toBe(32_000);
    expect(settled(again, drawing(0, 70_000), t(70_000)).unheeded).toBe(1);
    const followed = settled(settled(again, drawing(6000, 70_000), t(70_000)), drawing(6000, 71_000), t(71_000));
    expect(followed).toMatchObject({ upper_mA: 6000, unheeded: 0 });
  });

  test("and falls silent keeps what it was seen to draw, however old that becomes", () => {
    const proven = { ...at(6_000), agreed: 2, judged_at_ms: t(-80_000) };
    const silent = silenced(proven, drawing(15_900, -1_000));
    const later = settled(
      settled(silent, { ...drawing(15_900, -1_000), online: false }, t(0)),
      box({ online: false }),
      t(50_000),
    );
    expect(worstCase_mA(later, box({ online: false }), t(50_000))).toBe(16_400);
    expect(silenced(proven, drawing(5_900, -1_000))).toBe(proven);
  });

  test("keeps its reserve while a lower value is being proven too", () => {
    const open = sent(lowered(32_000), mA(0), t(5_000));
    const seen = settled(open, drawing(31_800, 8_000), t(11_000));
    expect(settled(seen, box(), t(50_000)).upper_mA).toBe(32_000);
  });
});
