import { expect, test } from "vitest";
import type { SiteModel } from "../../src/core/site/index.ts";
import { sessionId } from "../../src/core/session/index.ts";
import { milliamp } from "../../src/core/units/index.ts";
import { OWNER_TOKEN } from "../../src/main/site/access.ts";
import { newSiteState } from "../../src/main/site/state.ts";
import { createStayExpectations } from "../../src/main/site/stay-expectations.ts";
import { freshFolder, minute, record, session } from "./fixtures.ts";

const DAY_MIN = 24 * 60;
const station: SiteModel["stations"][number] = {
  id: "P01",
  name: "Bay 1",
  circuitId: "main",
  phaseCount: 3,
  rotation: "L1L2L3",
  current_mA_min: milliamp(6_000),
  current_mA_max: milliamp(16_000),
  step_mA: milliamp(1_000),
  fallback_mA: milliamp(6_000),
  priority: 1,
  connection: { kind: "profile", profileId: "p", linkId: "l", unitId: 1 },
};
const model: SiteModel = {
  identity: { name: "One bay", timezone: "UTC", currency: "EUR", country: "DE", nominal_V: 230 },
  circuits: [],
  links: [],
  meters: [],
  stations: [station],
};

/** Where the expectation of a stay comes from, after so many visits of the same card at another hour of the day. */
function expectedFrom(idToken: string): string | undefined {
  const folder = freshFolder();
  for (let day = 0; day < 6; day += 1)
    record(folder, session(`s${String(day)}`, { idToken, started_at_ms: minute(day * DAY_MIN) }), {
      ended_at_ms: minute(day * DAY_MIN + 60),
    });
  const now_ms = minute(7 * DAY_MIN + 600);
  const site = newSiteState(model, now_ms);
  const state = site.stations.get("P01");
  if (state === undefined) throw new Error("no bay");
  state.pluggedAt_ms = now_ms;
  const opened = { ...session(sessionId("P01", 1, now_ms, null), { idToken, started_at_ms: now_ms }) };
  state.evse = { ...state.evse, running: { opened, lastRegister: null, activity: null } };
  createStayExpectations(site, folder.stores.sessions).follow(now_ms);
  return state.expected?.from;
}

test("a driver is expected to do as before, but whoever is begun from this app is no one driver", () => {
  expect(expectedFrom("ANNA")).toBe("driver");
  expect(expectedFrom(OWNER_TOKEN)).toBe("usual");
});
