import { expect, test } from "vitest";
import { epochMs, milliamp, millivolt, watt, wattHour } from "../../core/units/index.ts";
import { plausibleReading } from "./plausible-reading.ts";
import type { StationReading } from "./ports.ts";

const STATION = { current_mA_max: milliamp(16_000) };
const GOOD: StationReading = {
  measured_at_ms: epochMs(1_000),
  status: "Charging",
  controlPilot: "C",
  current_mA: [milliamp(16_000), milliamp(16_100), null],
  voltage_mV: [millivolt(231_000), millivolt(0), null],
  power_W: watt(7_400),
  energyRegister_Wh: wattHour(5),
  limit_mA: milliamp(16_000),
  errorCode: null,
};

test("a reading in which all can be is left as it is", () => {
  expect(plausibleReading(GOOD, STATION)).toBe(GOOD);
});

test("what an OCPP box says and cannot be is taken out and told, the rest stays", () => {
  const said: StationReading = {
    ...GOOD,
    voltage_mV: [millivolt(231_000), millivolt(400_000), null],
    power_W: watt(7_400_000),
    current_mA: [milliamp(16_000), milliamp(16_000_000), null],
  };
  expect(plausibleReading(said, STATION)).toEqual({
    ...GOOD,
    voltage_mV: [231_000, null, null],
    power_W: null,
    current_mA: [16_000, null, null],
    quarantined: [
      { what: "current_l2", code: "above-rating", value: 16_000_000, bound: 96_000, at_ms: 1_000 },
      { what: "power", code: "above-rating", value: 7_400_000, bound: 28_800, at_ms: 1_000 },
      { what: "voltage_l2", code: "out-of-range", value: 400_000, bound: 299_999, at_ms: 1_000 },
    ],
  });
});
