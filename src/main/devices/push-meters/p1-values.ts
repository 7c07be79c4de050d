import type { P1Telegram, P1Value } from "../../protocol/dsmr/index.ts";
import type { ProfileOf } from "../profile/index.ts";
import { completed, ShownValues, type Values } from "../network/values.ts";

/** EN 50160. Meters before DSMR 5 do not show their voltage. */
const NOMINAL_mV = 230_000;

/**
 * What a telegram shows. Dutch meters print currents without their decimals, so a phase counts at least what its power
 * and voltage make; the direction is that of the power.
 */
export function p1Values(profile: ProfileOf<"p1">, telegram: P1Telegram): Values {
  const values = new ShownValues();
  for (const reading of profile.readings) {
    const single = reading.what.length === 1 && reading.obis.length > 1;
    reading.what.forEach((what, index) => {
      const shown = single ? totalOf(reading.obis, telegram) : telegram.values.get(reading.obis[index] ?? "");
      if (shown !== undefined) values.take(what, shown.value, { unit: shown.unit });
    });
  }
  if (telegram.serial !== null) values.set("serial", telegram.serial);
  return withCurrents(completed(values, profile));
}

/** The first register is the total; where a meter lacks it, its tariffs add up to it, if all of them are there. */
function totalOf(codes: readonly string[], telegram: P1Telegram): P1Value | undefined {
  const [total, ...tariffs] = codes.map((code) => telegram.values.get(code));
  const known = tariffs.filter((value) => value !== undefined);
  const unit = known[0]?.unit;
  if (total !== undefined || unit === undefined) return total;
  if (known.length < tariffs.length || known.some((value) => value.unit !== unit)) return undefined;
  return { value: known.reduce((sum, { value }) => sum + value, 0), unit };
}

const PHASES = ["_l1", "_l2", "_l3"];

function withCurrents(values: Values): Values {
  const result = new ShownValues(values);
  const shown = PHASES.filter((phase) => values.has(`current${phase}`) || values.has(`power${phase}`));
  for (const phase of PHASES) {
    const [own_W, voltage_mV, printed_mA] = [`power${phase}`, `voltage${phase}`, `current${phase}`].map((what) =>
      values.get(what),
    );
    // All power of a meter with one phase is that phase's.
    const power_W = own_W ?? (shown.length === 1 && shown[0] === phase ? values.get("power") : null);
    const isMeasured = typeof voltage_mV === "number" && voltage_mV > 0;
    if (typeof power_W !== "number" || (!isMeasured && typeof printed_mA !== "number")) continue;
    const printed = typeof printed_mA === "number" ? Math.abs(printed_mA) : 0;
    const made_mA = Math.round((Math.abs(power_W) * 1_000_000) / (isMeasured ? voltage_mV : NOMINAL_mV));
    const current_mA = Math.max(printed, made_mA);
    result.set(`current${phase}`, power_W < 0 ? -current_mA : current_mA);
  }
  return result;
}
