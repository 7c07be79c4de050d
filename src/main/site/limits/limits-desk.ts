import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import type { CheckedLimit, LimitChange, LimitMistake, LimitSettings } from "../../../contract/index.ts";
import type { SiteModel } from "../../../core/site/index.ts";
import type { BusPool } from "../../devices/modbus/index.ts";
import type { StoredSite } from "../../storage/types.ts";
import type { PlanningDesk } from "../planning-desk.ts";
import type { SignalDesk } from "../signals/signal-desk.ts";
import { exportSiteFile, parseSiteFile } from "../site-file/index.ts";
import type { SiteState } from "../state.ts";
import { askModule, runningBus } from "./ask-module.ts";
import { changedSite, type Changed } from "./limit-change.ts";
import { limitMistakes, limitNotes } from "./limit-mistakes.ts";
import { limitSettings } from "./limit-settings.ts";

export type LimitsDesk = {
  settings(): LimitSettings;
  /** What is wrong with a change and what is good to know of it; a module is asked once. `null`: no such record. */
  check(change: LimitChange): Promise<CheckedLimit | null>;
  /** The site with this change; `null`: no such record, or it has mistakes. */
  changed(change: LimitChange): MadeLimit | null;
  /** Whether the running engine can take it over; otherwise it has to start anew. */
  isReachable(model: SiteModel): boolean;
  /** Stores a new version of the site and goes by it from the next decision on. Throws when it cannot be stored. */
  take(next: MadeLimit, author: string): void;
};

export type MadeLimit = {
  readonly model: SiteModel;
  readonly id: string | null;
  /** For its caller, who is told only once; `null`: no caller was given one. */
  readonly token: string | null;
};

type Context = {
  readonly site: SiteState;
  readonly stored: StoredSite;
  readonly model: () => SiteModel;
  readonly keep: (change: (model: SiteModel) => SiteModel, author: string) => void;
  readonly signals: SignalDesk;
  readonly planning: PlanningDesk;
  readonly buses: BusPool;
  readonly hasPriceFile: () => boolean;
  readonly hurry: () => void;
};

/** Random bytes of a caller's token. */
const TOKEN_BYTES = 18;

/** Limits, protection and prices that an owner sets while the site runs. */
export function limitsDesk(context: Context): LimitsDesk {
  const { site, stored, model, keep, signals, planning, buses, hasPriceFile, hurry } = context;
  const changed = (change: LimitChange): MadeLimit | null => {
    if (limitMistakes(model(), change).length > 0) return null;
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const made = changedSite(model(), change, token);
    return made === null ? null : { model: made.model, id: made.id, token: made.tokenUsed ? token : null };
  };
  return {
    settings: () => limitSettings(model(), hasPriceFile()),
    check: async (change) => {
      const made = changedSite(model(), change, "checked only");
      if (made === null) return null;
      const mistakes = limitMistakes(model(), change);
      if (mistakes.length > 0) return { mistakes: [...mistakes], notes: [] };
      const others = fileMistakes({ ...stored, model: made.model }, made);
      if (others.length > 0) return { mistakes: others, notes: [] };
      const notes = limitNotes(model(), change);
      const said = change.kind === "limit" ? await askModule(buses, made.model, made.id) : null;
      if (said?.code === "input-absent")
        return { mistakes: [{ field: "address", code: said.code, inputs: said.inputs }], notes: [] };
      return { mistakes: [], notes: said === null ? [...notes] : [...notes, { code: said.code, inputs: said.inputs }] };
    },
    changed,
    isReachable: (next) => linkIdsOf(next).every((id) => runningBus(buses, next, id) !== null),
    take: (next, author) => {
      const before = model();
      // First kept, then done: what cannot be stored is not in force either.
      keep(() => next.model, author);
      for (const circuit of next.model.circuits) {
        const state = site.circuits.get(circuit.id);
        if (state !== undefined) state.circuit = circuit;
      }
      if (!isDeepStrictEqual(before.signals, next.model.signals)) signals.replace(next.model.signals ?? []);
      const isOff = planning.state().status === "off";
      // A file of prices may have come since nothing was planned.
      if (!isDeepStrictEqual(before.planning, next.model.planning) || (isOff && hasPriceFile()))
        planning.replace(next.model.planning ?? {});
      hurry();
    },
  };
}

const linkIdsOf = ({ signals = [] }: SiteModel): readonly string[] =>
  signals.flatMap(({ source }) => ("linkId" in source ? [source.linkId] : []));

/** A price that nobody sees: the file is only checked. */
const NO_TARIFF = { per_kWh: "0", vat_percent: 0 };
/** Devices are not what was changed. */
const ANY_PROFILE = { has: () => true, keys: () => [] };

/** What a site file with these settings would be refused for: the last word on what can be kept. */
function fileMistakes(site: StoredSite, { id, model }: Changed): LimitMistake[] {
  const file: unknown = parse(exportSiteFile(site, null));
  const parsed = parseSiteFile(
    stringify({ tariff: NO_TARIFF, ...(typeof file === "object" ? file : {}) }),
    ANY_PROFILE,
  );
  if (parsed.ok) return [];
  const index = (model.signals ?? []).findIndex((signal) => signal.id === id);
  const own = id === null ? /^(?:planning|circuits)\b/u : new RegExp(`^signals\\[${String(index)}\\]`, "u");
  return parsed.problems
    .filter(({ field }) => own.test(field))
    .map(({ field, expected }) => ({ field: "", code: "other", inputs: { field, expected } }));
}
