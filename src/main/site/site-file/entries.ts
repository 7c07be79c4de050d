import type { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";
import {
  type AccessEntry,
  accessSchema,
  type CircuitEntry,
  circuitSchema,
  type IdentityEntry,
  identitySchema,
  type LinkEntry,
  linkSchemas,
  LIST_MAX,
  type MeterEntry,
  meterSchema,
  siteFileSchema,
  type SharingEntry,
  sharingSchema,
  type SignalEntry,
  signalSchema,
  type StationEntry,
  stationSchema,
  type TariffEntry,
  tariffSchema,
} from "./schema.ts";
import { type PlanningEntry, planningSchema } from "./planning-schema.ts";
import type { FieldPath } from "./yaml-source.ts";

// Each entry is parsed for itself, so that all mistakes come at once.

/** A mistake before its line is looked up; `part` says whether the key or the value is wrong. */
export type Mistake = {
  readonly path: FieldPath;
  readonly part: "key" | "value";
  readonly code: string;
  readonly expected: string;
};

/** The fields of an entry that are right. */
export type Known<T> = { readonly [K in keyof T]?: T[K] | undefined };

/**
 * One entry of a list. `value` is whole or `null`; `known` has every field that is right by itself, so that one wrong
 * field hides no mistake of another. The id counts as taken even where the rest is wrong.
 */
export type Entry<T> = {
  readonly path: FieldPath;
  readonly id: string | null;
  readonly value: T | null;
  readonly known: Known<T>;
};

export type Entries = {
  readonly site: Entry<IdentityEntry>;
  readonly circuits: readonly Entry<CircuitEntry>[];
  readonly links: readonly Entry<LinkEntry>[];
  readonly meters: readonly Entry<MeterEntry>[];
  readonly stations: readonly Entry<StationEntry>[];
  readonly tariff: Entry<TariffEntry>;
  readonly access: Entry<AccessEntry>;
  /** `value` is `null` where the section is left out, too. */
  readonly sharing: Entry<SharingEntry>;
  /** As `sharing`. */
  readonly planning: Entry<PlanningEntry>;
  readonly signals: readonly Entry<SignalEntry>[];
};

const LINK_KINDS = {
  serial: "serial",
  "rtu-over-tcp": "tcp",
  "modbus-tcp": "tcp",
  http: "http",
  udp: "udp",
  "tcp-raw": "tcpRaw",
  "udp-multicast": "multicast",
} as const satisfies Record<LinkEntry["kind"], keyof typeof linkSchemas>;
const DEFAULT_ACCESS: AccessEntry = { cards: "any" };

const ABSENT = { path: [], id: null, value: null, known: {} } as const;
const NOTHING: Entries = {
  site: ABSENT,
  circuits: [],
  links: [],
  meters: [],
  stations: [],
  tariff: ABSENT,
  access: ABSENT,
  sharing: ABSENT,
  planning: ABSENT,
  signals: [],
};

/** Reads all entries of a file's data and every mistake that a single field shows. */
export function readEntries(data: unknown): { entries: Entries; mistakes: readonly Mistake[] } {
  const sections = Object.keys(siteFileSchema.shape);
  if (!isRecord(data)) {
    const expected = `a site file with the sections ${sections.join(", ")}`;
    return { entries: NOTHING, mistakes: [{ path: [], part: "value", code: "wrong-type", expected }] };
  }
  const mistakes = unknownFields(Object.keys(data), [], sections);
  const note = (found: readonly Mistake[]): void => {
    mistakes.push(...found);
  };
  return {
    entries: {
      site: read(data["site"], ["site"], identitySchema, identitySchema.partial(), note),
      circuits: list(data, "circuits", true, note, (item, path) =>
        read(item, path, circuitSchema, circuitSchema.partial(), note),
      ),
      links: list(data, "links", false, note, (item, path) => readLink(item, path, note)),
      meters: list(data, "meters", false, note, (item, path) =>
        read(item, path, meterSchema, meterSchema.partial(), note),
      ),
      stations: list(data, "stations", false, note, (item, path) =>
        read(item, path, stationSchema, stationSchema.partial(), note),
      ),
      tariff: read(data["tariff"], ["tariff"], tariffSchema, tariffSchema.partial(), note),
      access: read(data["access"] ?? DEFAULT_ACCESS, ["access"], accessSchema, accessSchema.partial(), note),
      sharing:
        data["sharing"] === undefined
          ? ABSENT
          : read(data["sharing"], ["sharing"], sharingSchema, sharingSchema.partial(), note),
      signals: list(data, "signals", false, note, (item, path) =>
        read(item, path, signalSchema, signalSchema.partial(), note),
      ),
      planning:
        data["planning"] === undefined
          ? ABSENT
          : read(data["planning"], ["planning"], planningSchema, planningSchema.partial(), note),
    },
    mistakes,
  };
}

type Note = (found: readonly Mistake[]) => void;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function list<T>(
  root: Readonly<Record<string, unknown>>,
  key: string,
  required: boolean,
  note: Note,
  readItem: (item: unknown, path: FieldPath) => Entry<T>,
): Entry<T>[] {
  const value = root[key] ?? undefined;
  if (value === undefined && !required) return [];
  if (!Array.isArray(value) || value.length > LIST_MAX || (required && value.length === 0)) {
    const expected = `a list of ${required ? "1" : "0"} to ${String(LIST_MAX)} ${key}`;
    note([{ path: [key], part: "value", code: value === undefined ? "missing" : "wrong-type", expected }]);
    return [];
  }
  return value.map((item: unknown, index) => readItem(item, [key, index]));
}

function readLink(item: unknown, path: FieldPath, note: Note): Entry<LinkEntry> {
  const as = <T extends LinkEntry>(
    schema: z.ZodObject<z.ZodRawShape> & z.ZodType<T>,
    partial: z.ZodType<Known<T>>,
  ): Entry<LinkEntry> => read(item, path, schema, partial, note);
  const kind = isRecord(item) ? item["kind"] : undefined;
  const schema = isLinkKind(kind) ? LINK_KINDS[kind] : null;
  switch (schema ?? (isRecord(item) ? null : "tcp")) {
    case "serial":
      return as(linkSchemas.serial, linkSchemas.serial.partial());
    case "tcp":
      return as(linkSchemas.tcp, linkSchemas.tcp.partial());
    case "http":
      return as(linkSchemas.http, linkSchemas.http.partial());
    case "udp":
      return as(linkSchemas.udp, linkSchemas.udp.partial());
    case "tcpRaw":
      return as(linkSchemas.tcpRaw, linkSchemas.tcpRaw.partial());
    case "multicast":
      return as(linkSchemas.multicast, linkSchemas.multicast.partial());
    case null:
      // Without a kind nobody knows which fields to expect.
      return linkOfNoKind(item, path, kind, note);
  }
}

const isLinkKind = (kind: unknown): kind is LinkEntry["kind"] =>
  typeof kind === "string" && Object.hasOwn(LINK_KINDS, kind);

function linkOfNoKind(item: unknown, path: FieldPath, kind: unknown, note: Note): Entry<LinkEntry> {
  const expected = Object.keys(LINK_KINDS)
    .join(", ")
    .replace(/, ([^,]+)$/u, " or $1");
  note([{ path: [...path, "kind"], part: "value", code: kind === undefined ? "missing" : "invalid-value", expected }]);
  return { ...ABSENT, path, id: isRecord(item) ? idOf(item) : null };
}

const idOf = (item: Readonly<Record<string, unknown>>): string | null =>
  typeof item["id"] === "string" ? item["id"] : null;

function read<T>(
  item: unknown,
  path: FieldPath,
  schema: z.ZodObject<z.ZodRawShape> & z.ZodType<T>,
  partial: z.ZodType<Known<T>>,
  note: Note,
): Entry<T> {
  const fields = Object.keys(schema.shape);
  if (!isRecord(item)) {
    const expected = `a map with the fields ${fields.join(", ")}`;
    note([{ path, part: "value", code: item === undefined ? "missing" : "wrong-type", expected }]);
    return { ...ABSENT, path };
  }
  const id = idOf(item);
  const parsed = schema.safeParse(item);
  if (parsed.success) return { path, id, value: parsed.data, known: parsed.data };
  note(parsed.error.issues.flatMap((issue) => toMistakes(issue, item, path, fields)));
  const wrong = new Set(parsed.error.issues.map((issue) => issue.path[0]));
  const right = Object.entries(item).filter(([field]) => fields.includes(field) && !wrong.has(field));
  const known = partial.safeParse(Object.fromEntries(right));
  return { path, id, value: null, known: known.success ? known.data : {} };
}

function toMistakes(
  issue: z.core.$ZodIssue,
  value: Readonly<Record<string, unknown>>,
  path: FieldPath,
  known: readonly string[],
): Mistake[] {
  const field = issue.path.filter((key) => typeof key !== "symbol");
  if (issue.code === "unrecognized_keys" && field.length === 0) return unknownFields(issue.keys, path, known);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: [...path, ...field, key],
      part: "key",
      code: "unknown-field",
      expected: `no field ${key} in ${String(field[0])}`,
    }));
  const absent = field.length === 1 && value[String(field[0])] === undefined;
  return [
    { path: [...path, ...field], part: "value", code: absent ? "missing" : codeOf(issue), expected: issue.message },
  ];
}

function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
    case "invalid_union":
      return "wrong-type";
    case "too_big":
    case "too_small":
      return "out-of-range";
    default:
      return "invalid-value";
  }
}

/** A field that nobody knows is most often one that somebody mistyped. */
function unknownFields(keys: readonly string[], path: FieldPath, known: readonly string[]): Mistake[] {
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = didYouMean(key, known);
      const expected = meant === null ? `one of ${known.join(", ")}` : `${meant} (did you mean that?)`;
      return { path: [...path, key], part: "key", code: "unknown-field", expected };
    });
}
