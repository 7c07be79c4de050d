import i18next from "i18next";
import { beforeAll, describe, expect, test } from "vitest";
import german from "../../../../resources/locales/de/reasons.json";
import english from "../../../../resources/locales/en/reasons.json";
import { REASON_KINDS, TURN_KINDS } from "../../../core/balancing/index.ts";
import type { BecauseView } from "../../../contract/index.ts";
import { createFormat } from "../../lib/format/format.ts";
import { circuitLive, stationLive } from "../../test-data.ts";
import { bindingRung, rungsOf } from "./ladder.ts";
import { explainSentence, explanationText, rungText, shortReason, turnText, type Wording } from "./words.ts";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

const garage = circuitLive("garage-b", {
  name: "Garage B",
  fuse_mA: [63_000, 63_000, 63_000],
  limit_mA: [60_000, 60_000, 60_000],
  other_mA: [5_000, 38_000, 2_000],
});

beforeAll(async () => {
  await i18next.init({
    lng: "en",
    ns: ["reasons"],
    interpolation: { escapeValue: false },
    resources: { en: { reasons: english }, de: { reasons: german } },
  });
});

const wordingIn = (language: "en" | "de"): Wording => ({
  t: i18next.getFixedT(language, "reasons"),
  format: createFormat({ locale: language, timezone: "Europe/Berlin", currency: "EUR" }),
  bayName: (stationId) => (stationId === "P03" ? "Bay 3" : stationId),
  circuitOf: (circuitId) => (circuitId === garage.circuitId ? garage : undefined),
});

const rung = (
  kind: BecauseView["kind"],
  before_mA: number,
  after_mA: number,
  more: Partial<BecauseView> = {},
): BecauseView => ({
  kind,
  ref: "P07",
  before_mA,
  after_mA,
  ...more,
});
const full = rung("circuit_phase", 16_000, 7_300, { ref: "garage-b", phase: "L2" });
const LADDER = [
  rung("evse_max", 32_000, 32_000),
  rung("cable", 32_000, 20_000),
  rung("vehicle", 20_000, 16_000),
  full,
  rung("step_round", 7_300, 7_000),
];

describe("the ladder", () => {
  test("is decided by what lowers last, and rounding to steps never counts as that", () => {
    expect(bindingRung(LADDER)).toEqual(full);
    expect(rungsOf(LADDER).filter(({ binding }) => binding)).toHaveLength(1);
  });

  test("of a charger that ignores its limits is decided by that, also where all it could take is kept for it", () => {
    const because = [rung("evse_max", 32_000, 32_000), rung("stubborn", 32_000, 32_000)];
    expect(bindingRung(because)?.kind).toBe("stubborn");
    expect(rungsOf(because)).toHaveLength(2);
    const said = explainSentence(stationLive("P07", { granted_mA: 32_000, because }), wordingIn("en"));
    expect(plain(said)).toBe("P07 does not follow its limits; 32 A stay reserved for it and nobody else gets them.");
    // Nor is it said that a car which has stopped "may" have what is kept for the box.
    const done = stationLive("P07", { granted_mA: 32_000, because, state: "occupied", status: "SuspendedEV" });
    expect(explainSentence(done, wordingIn("en"))).toContain("does not follow its limits");
  });

  test("of a charger that gets its maximum is decided by nothing", () => {
    expect(bindingRung([rung("evse_max", 16_000, 16_000)])).toBeNull();
    expect(bindingRung([])).toBeNull();
  });

  test("of which only rounding lowers is decided by rounding", () => {
    expect(bindingRung([rung("evse_max", 16_500, 16_500), rung("step_round", 16_500, 16_000)])?.kind).toBe(
      "step_round",
    );
  });

  test("leaves out rungs that change nothing, but keeps where it starts", () => {
    expect(
      rungsOf([rung("evse_max", 16_000, 16_000), rung("cable", 16_000, 16_000), full]).map(({ kind }) => kind),
    ).toEqual(["evse_max", "circuit_phase"]);
  });
});

describe.each(["en", "de"] as const)("words in %s", (language) => {
  test.each(REASON_KINDS)("%s has words, with every value filled in", (kind) => {
    const one = rung(kind, 16_000, 7_000, { ref: "garage-b", phase: "L2" });
    const wording = wordingIn(language);
    for (const text of [shortReason(one, wording), rungText(one, wording)]) {
      expect(text).not.toMatch(/\{\{|short\.|rung\./u);
      expect(text.length).toBeGreaterThan(3);
    }
    expect(shortReason(one, wording).split(/\s+/u).length).toBeLessThanOrEqual(6);
  });
});

describe.each(["en", "de"] as const)("a turn in %s", (language) => {
  test.each(TURN_KINDS)("%s has words, with the bay and the time where there are any", (kind) => {
    const at_ms = kind === "unknown" || kind === "too-late" ? null : Date.UTC(2026, 5, 10, 12, 20);
    const text = turnText({ expected_at_ms: at_ms, kind, ref: "P03" }, wordingIn(language));
    expect(text).not.toMatch(/\{\{|turn\./u);
    if (at_ms !== null) expect(text).toMatch(kind === "waited" ? /14:20/u : /14:20.*Bay 3|Bay 3.*14:20/u);
  });

  test("that is not worked out yet, or that nobody can say, names no time", () => {
    for (const turn of [null, { expected_at_ms: null, kind: "hold", ref: "P03" } as const])
      expect(turnText(turn, wordingIn(language))).not.toMatch(/\d|—/u);
  });
});

describe("the sentence", () => {
  test("names the circuit, the phase and the numbers that decide", () => {
    const station = stationLive("P07", { state: "limited", granted_mA: 7_000, because: LADDER });
    expect(plain(explainSentence(station, wordingIn("en")))).toBe(
      "P07 gets 7 A because of this: Garage B, phase L2: fuse 63 A, other load 38 A, margin 3 A; shared among its cars.",
    );
    expect(plain(explainSentence(station, wordingIn("de")))).toContain("Sicherung 63 A, andere Last 38 A, Reserve 3 A");
  });

  test("counts places in the queue as English does", () => {
    const queued = (place: number): string =>
      explainSentence(stationLive("P07", { state: "waiting", queuePlace: place }), wordingIn("en"));
    expect(queued(1)).toContain("1st");
    expect(queued(2)).toContain("2nd");
    expect(queued(3)).toContain("3rd");
    expect(queued(11)).toContain("11th");
  });

  test("never blames a circuit for a charger that is silent, faulty, free or done", () => {
    const say = (patch: Parameters<typeof stationLive>[1]): string =>
      explainSentence(stationLive("P07", { because: LADDER, ...patch }), wordingIn("en"));
    expect(plain(say({ online: false, state: "offline" }))).toContain("6 A stay reserved");
    expect(say({ state: "fault" })).toContain("fault");
    expect(say({ state: "free" })).toContain("free");
    expect(say({ state: "occupied", status: "SuspendedEV" })).toContain("takes nothing");
  });

  test("says of a bay for which nothing is decided why, and never that nothing is all it can use", () => {
    const session = {
      sessionId: "s1",
      started_at_ms: 0,
      energy_Wh: 0,
      cardAlias: null,
      customerName: null,
      gross_minor: null,
    };
    const say = (patch: Parameters<typeof stationLive>[1]): string =>
      explainSentence(stationLive("P07", { granted_mA: 0, because: [], ...patch }), wordingIn("en"));
    expect(say({ state: "waiting", status: "Preparing" })).toBe("P07 gets no current: no session runs there.");
    expect(say({ state: "occupied", status: "Finishing" })).toContain("no session");
    expect(say({ state: "limited", status: "SuspendedEVSE", session })).toContain("only just begun");
  });

  test("copied text holds the sentence and every rung", () => {
    const text = plain(explanationText(stationLive("P07", { granted_mA: 7_000, because: LADDER }), wordingIn("en"), 0));
    expect(text.split("\n")).toHaveLength(2 + LADDER.length);
    expect(text).toContain("32 A → 20 A");
  });
});
