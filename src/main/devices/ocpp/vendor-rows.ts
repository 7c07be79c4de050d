import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { openYaml, schemaProblem, type YamlProblem } from "../profile/index.ts";

// How boxes of different makers differ, as data (resources/devices/ocpp-vendors.yaml): the code knows no maker's name.

/** Ten times what the longest of ours needs. */
const CHARACTERS_max = 100_000;
/** A file of another kind has thousands of mistakes; nobody reads more than these. */
const PROBLEMS_max = 5;

const seconds = z.int().min(1).max(3600);
const pattern = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => isPattern(text), "a regular expression");
const measurands = z.array(z.string().regex(/^[A-Za-z]+(?:\.[A-Za-z]+)*$/u)).max(32);

const profileSchema = z.strictObject({
  purposes: z.array(z.enum(["TxDefaultProfile", "ChargePointMaxProfile", "TxProfile"])).min(1),
  kind: z.enum(["Absolute", "Relative"]),
  start_offset_s: z.int().min(-3600).max(0),
  stack_level: z.union([z.literal("max"), z.int().min(0).max(100)]),
  rate_unit: z.enum(["auto", "A", "W"]),
  replace: z.enum(["overwrite", "clear", "raise"]),
});
const keysSchema = z.strictObject({
  phase_switch: z.string().min(1).max(50).nullable(),
  plug_and_charge: z.string().min(1).max(50).nullable(),
});
const behaviourSchema = z.strictObject({
  boot_interval_s: seconds,
  trigger_boot_after_s: seconds,
  connect_timeout_s: seconds,
  meter_interval_s: seconds,
  ws_ping_s: seconds,
  profile: profileSchema,
  start: z.enum(["autostart", "remote"]),
  change_availability: z.boolean(),
  composite_schedule: z.boolean(),
  measurands: measurands.min(1),
  measurand_probe: z.enum(["one_by_one", "none"]),
  keys: keysSchema,
});
const rowSchema = behaviourSchema.partial().extend({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/u),
  match: z.strictObject({
    vendor: pattern,
    model: pattern.optional(),
    firmware: pattern.optional(),
    unverified: z.boolean().optional(),
  }),
  profile: profileSchema.partial().optional(),
  keys: keysSchema.partial().optional(),
  measurands_exclude: measurands.optional(),
  min_firmware: z.string().min(1).max(40).optional(),
  notes: z.array(z.string().min(1)).optional(),
});
const fileSchema = z.strictObject({
  schema: z.literal(1),
  kind: z.literal("ocpp-vendors"),
  defaults: behaviourSchema,
  vendors: z
    .array(rowSchema)
    .max(500)
    .refine((rows) => new Set(rows.map(({ id }) => id)).size === rows.length, "every id once"),
});

/** What a box says of itself when it boots. */
export type Identification = {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
};

type VendorRow = z.output<typeof rowSchema>;
export type VendorRows = z.output<typeof fileSchema>;
/** What to do differently with one box; `rowId` is `null` for a box no row fits. */
export type VendorBehaviour = z.output<typeof behaviourSchema> & {
  readonly rowId: string | null;
  /** What the row says of older firmware, in words; `null`: nothing. */
  readonly firmwareHint: string | null;
};
export type ReadVendorRows =
  { readonly ok: true; readonly rows: VendorRows } | { readonly ok: false; readonly problem: string };

/** What holds without a file, and for the boxes that no row of it fits. */
export const NO_ROWS: VendorRows = {
  schema: 1,
  kind: "ocpp-vendors",
  defaults: {
    boot_interval_s: 60,
    trigger_boot_after_s: 5,
    connect_timeout_s: 300,
    meter_interval_s: 10,
    ws_ping_s: 30,
    profile: {
      purposes: ["TxDefaultProfile", "ChargePointMaxProfile", "TxProfile"],
      kind: "Absolute",
      start_offset_s: -60,
      stack_level: "max",
      rate_unit: "auto",
      replace: "overwrite",
    },
    start: "autostart",
    change_availability: true,
    composite_schedule: true,
    measurands: [
      "Energy.Active.Import.Register",
      "Power.Active.Import",
      "Current.Import",
      "Voltage",
      "Current.Offered",
    ],
    measurand_probe: "one_by_one",
    keys: { phase_switch: null, plug_and_charge: null },
  },
  vendors: [],
};

/** Reads the rows from a file; a missing or wrong one is said with what is wrong in it. */
export function readVendorRows(file: string): ReadVendorRows {
  return existsSync(file)
    ? parseVendorRows(readFileSync(file, "utf8"), file)
    : { ok: false, problem: `${file} is not there` };
}

/** Checks the text of a file of vendor rows; every mistake is told by line and field. Never throws. */
export function parseVendorRows(source: string, file = "ocpp-vendors.yaml"): ReadVendorRows {
  const opened = openYaml(source, { file, charactersMax: CHARACTERS_max });
  if (!opened.ok) return { ok: false, problem: inWords(opened.problems) };
  const parsed = fileSchema.safeParse(opened.value);
  if (parsed.success) return { ok: true, rows: parsed.data };
  return { ok: false, problem: inWords(parsed.error.issues.map((issue) => schemaProblem(issue, opened.at))) };
}

const inWords = (problems: readonly YamlProblem[]): string =>
  problems
    .slice(0, PROBLEMS_max)
    .map(({ file, line, field, expected }) => `${file}:${String(line)}: ${field === "" ? "" : `${field}: `}${expected}`)
    .join("; ");

/** The defaults with the first row that fits what the box said of itself laid over them. */
export function behaviourFor({ defaults, vendors }: VendorRows, box: Identification): VendorBehaviour {
  const row = vendors.find((one) => fits(one, box));
  if (row === undefined) return { ...defaults, rowId: null, firmwareHint: null };
  const { id, match: _match, notes: _notes, measurands_exclude = [], min_firmware, profile, keys, ...own } = row;
  return {
    ...defaults,
    ...defined(own),
    profile: { ...defaults.profile, ...defined(profile ?? {}) },
    keys: { ...defaults.keys, ...defined(keys ?? {}) },
    measurands: (own.measurands ?? defaults.measurands).filter((name) => !measurands_exclude.includes(name)),
    rowId: id,
    firmwareHint: olderThan(box.firmware, min_firmware) ? `firmware ${min_firmware ?? ""} or newer is needed` : null,
  };
}

function fits({ match }: VendorRow, { vendor, model, firmware }: Identification): boolean {
  const has = (expression: string | undefined, text: string | null): boolean =>
    expression === undefined || (text !== null && new RegExp(expression, "iu").test(text));
  return has(match.vendor, vendor) && has(match.model, model) && has(match.firmware, firmware);
}

/** Compares the numbers in two version texts; what cannot be compared is not older. */
function olderThan(firmware: string | null, minimum: string | undefined): boolean {
  const [have, need] = [firmware, minimum].map((text) => (text?.match(/\d+/gu) ?? []).map(Number));
  if (have === undefined || need === undefined || have.length === 0) return false;
  for (const [index, part] of need.entries()) {
    const own = have[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function defined<T extends object>(object: T): Defined<T>;
function defined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "iu").source !== "";
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
