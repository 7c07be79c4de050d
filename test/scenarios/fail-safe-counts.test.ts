import { expect, test } from "vitest";
import { milliamp } from "../../src/core/units/index.ts";
import type { Alert } from "../../src/contract/index.ts";
import { failSafeSite, type FailSafeSite } from "./fail-safe-site.ts";
import { until } from "./site-under-test.ts";

const shown = (site: FailSafeSite, id: string) => site.engine().stationDetail(id)?.failSafe;
const live = (site: FailSafeSite, id: string) =>
  site
    .engine()
    .live()
    .stations.find((station) => station.stationId === id);
const isOpen = (site: FailSafeSite, code: Alert["code"], ref: string): boolean =>
  site
    .engine()
    .stores.alerts.open()
    .some((alert) => alert.code === code && alert.ref === ref);

test("what each box really keeps is read, shown and counted, and the owner is told where it is more than promised", async () => {
  const site = await failSafeSite();
  await until(
    () => shown(site, "known")?.kind === "known" && shown(site, "factory")?.shown_mA === 32_000,
    "both are asked",
  );
  expect(shown(site, "known")).toEqual({
    kind: "known",
    promised_mA: 6_000,
    counted_mA: 6_000,
    shown_mA: 6_000,
    timeout_ms: 20_000,
    provenBy: "box",
    doubt: null,
  });
  expect(shown(site, "factory")).toMatchObject({ kind: "unsafe", counted_mA: 32_000, doubt: "more-than-promised" });
  await until(() => shown(site, "none")?.doubt === "no-guard", "the third is asked");
  expect(shown(site, "none")).toMatchObject({ kind: "unknown", counted_mA: 6_000, shown_mA: null });
  await until(() => isOpen(site, "fallback-differs", "factory"), "the owner is told");
  // 6 A and 32 A and 6 A do not fit a fuse of 40 A, whatever the site file says.
  await until(() => isOpen(site, "fallback-too-high", "main"), "the arithmetic of commissioning uses what was read");
  expect(isOpen(site, "fallback-differs", "known")).toBe(false);
});

test("a site that would not be safe without us gives nobody more than his safe current, until a person takes that on", async () => {
  const site = await failSafeSite();
  const desk = (): ReturnType<typeof site.engine>["commissioning"] => site.engine().commissioning;
  const wantsMore = (): boolean => live(site, "known")?.because.some(({ kind }) => kind === "not_armed") === true;
  await until(() => site.engine().live().site.arming === "blocked", "a box shows more than fits");
  await until(wantsMore, "a car that wants more is held back");
  await until(() => live(site, "known")?.granted_mA === 6_000, "to its safe current");
  expect(desk().status()).toMatchObject({
    state: "blocked",
    problems: [
      { circuitId: "main", phase: "L1", sum_mA: 44_000, limit_mA: 40_000, basis: "configured" },
      { phase: "L2" },
      { phase: "L3" },
    ],
    override: null,
  });
  expect(desk().decide("withdrawn", "", "owner")).toBe(false);

  expect(desk().decide("overridden", "the box gets its fallback tomorrow", "owner")).toBe(true);
  expect(site.engine().live().site.arming).toBe("overridden");
  await until(() => (live(site, "known")?.granted_mA ?? 0) > 6_000, "cars share the fuse again");
  await site.restart();
  await until(() => desk().status().state === "overridden", "a person's word holds after a restart");
  await until(() => shown(site, "factory")?.shown_mA === 32_000, "the box is asked anew");
  expect(desk().status().override?.reason).toBe("the box gets its fallback tomorrow");

  // A person saw that this one rises too: that was not taken on.
  expect(desk().witness("none", 32_000, "technician")).toBe(true);
  await until(() => site.engine().live().site.arming === "blocked", "they are held back");
  await until(() => desk().status().decisions.length === 2, "the override has lapsed");
  expect(
    desk()
      .status()
      .decisions.map(({ decision, author }) => [decision, author]),
  ).toEqual([
    ["lapsed", "system"],
    ["overridden", "owner"],
  ]);
  await until(() => (live(site, "known")?.granted_mA ?? 0) <= 6_000, "and they are held back again");
});

test("a silent box keeps its last current reserved until its own time has surely passed, then only its fallback", async () => {
  const site = await failSafeSite();
  await until(() => site.engine().live().site.arming === "blocked", "the other box is known to be too much");
  expect(site.engine().commissioning.decide("overridden", "this is about another box", "owner")).toBe(true);
  await until(() => (live(site, "known")?.confirmed_mA ?? 0) > 6_000, "it charges with more than its fallback", {
    real_ms_max: 60_000,
  });
  const before = live(site, "known")?.confirmed_mA ?? 0;
  await site.cut();
  await until(() => live(site, "known")?.online === false, "it is seen as silent");
  const silent_ms = site.engine().clock.now_ms();
  expect(live(site, "known")?.granted_mA).toBeGreaterThanOrEqual(before);
  await until(() => live(site, "known")?.granted_mA === 6_000, "its reserve is lowered to what it proved to keep", {
    // 20 s of real time in the box, and half as much again.
    real_ms_max: 45_000,
  });
  const waited_real_ms = site.engine().clock.real_ms(site.engine().clock.now_ms() - silent_ms);
  expect(waited_real_ms).toBeGreaterThan(28_000);
});

test("a box that refuses its limit three times is reported as such, with its own words", async () => {
  // From the beginning: on a quiet site nobody writes again what a box holds already.
  const site = await failSafeSite({ refusesLimits: true });
  await until(() => live(site, "factory")?.online === true, "it is there");
  await until(() => isOpen(site, "control-failed", "factory"), "the owner is told", { real_ms_max: 60_000 });
  const alert = site
    .engine()
    .stores.alerts.open()
    .find(({ code }) => code === "control-failed");
  expect(alert?.inputs["last"]).toContain("exception 2");
  expect(isOpen(site, "station-stubborn", "factory")).toBe(false);
});

test("the owner's limit and stop hold when the app is started again, until he takes them back", async () => {
  const site = await failSafeSite();
  await until(() => live(site, "known")?.session !== null && live(site, "factory")?.session !== null, "both charge");
  const until_ms = site.engine().clock.now_ms() + 24 * 3_600_000;
  site.engine().setManualLimit("known", milliamp(8_000), until_ms);
  expect(await site.engine().stop("factory")).toEqual({ ok: true });
  await site.restart();
  expect(site.engine().stationDetail("known")?.manualLimit_mA).toBe(8_000);
  await until(() => live(site, "factory")?.online === true && live(site, "known")?.session !== null, "they are back");
  // A free bay with a car in it would begin a session at once: this one was stopped.
  expect(live(site, "factory")?.session).toBeNull();
  expect(await site.engine().start("factory", null)).toEqual({ ok: true });
  site.engine().setManualLimit("known", null, null);
  await site.restart();
  await until(() => live(site, "factory")?.session !== null, "it charges again");
  expect(site.engine().stationDetail("known")?.manualLimit_mA).toBeNull();
});

test("the owner switches phases where the box can, and is told where it cannot", async () => {
  const site = await failSafeSite();
  await until(() => live(site, "none")?.online === true && live(site, "known")?.online === true, "they are there");
  expect(site.engine().stationDetail("none")?.can).toEqual({ switchPhases: true, wakeUp: false });
  expect(site.engine().stationDetail("factory")?.can).toEqual({ switchPhases: false, wakeUp: false });
  expect(await site.engine().switchPhases("none", 1)).toEqual({ ok: true });
  expect(site.phases).toEqual([1]);
  expect(await site.engine().switchPhases("factory", 1)).toMatchObject({ ok: false, code: "not-supported" });
  expect(await site.engine().wakeUp("none")).toMatchObject({ ok: false, code: "not-supported" });
});
