import { createInstance, type TFunction } from "i18next";
import { expect, test } from "vitest";
import en from "../../../../resources/locales/en/live.json" with { type: "json" };
import { stationLive } from "../../test-data.ts";
import { holderText } from "./station-words.ts";

const i18n = createInstance();
await i18n.init({ lng: "en", ns: ["live"], defaultNS: "live", resources: { en: { live: en } } });
const t: TFunction<"live"> = i18n.getFixedT("en", "live");

test("a bay that is kept for somebody says so, and one that is free says nothing", () => {
  expect(holderText(stationLive("P01", { status: "Reserved", state: "waiting" }), t)).toBe("Reserved");
  expect(holderText(stationLive("P01", { status: "Available", state: "free" }), t)).toBeNull();
});
