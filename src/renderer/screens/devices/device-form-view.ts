import type { DeviceSettings, DeviceWire, ProfileFacts, SaveDevice } from "../../../contract/index.ts";
import { milliampFromAmp } from "../../../core/units/quantities.ts";
import { type AdoptForm, adoptMistakes } from "../../features/stations/adopt-view.ts";
import { currentsOf, meterForm, NO_CIRCUIT } from "./adopt-found-view.ts";

/** Kinds of wires in the order of a list. */
export const WIRE_KINDS = [
  "modbus-tcp",
  "rtu-over-tcp",
  "serial",
  "http",
  "udp",
  "tcp-raw",
  "udp-multicast",
] as const satisfies readonly DeviceWire["kind"][];
export type WireKind = DeviceWire["kind"];

/** Everything of a device that a person can say. Numbers may be half typed. */
export type DeviceForm = AdoptForm & {
  readonly kind: DeviceSettings["kind"];
  /** `null`: none is chosen yet, or the box speaks OCPP. */
  readonly profileId: string | null;
  readonly ocpp: { readonly identity: string } | null;
  readonly min_A: number | string;
  readonly step_A: number | string;
  readonly priority: number | string;
  readonly wire: WireKind;
  readonly path: string;
  readonly baud: number | string;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
  readonly host: string;
  readonly port: number | string;
  readonly user: string;
  /** Empty: the stored one stays. */
  readonly password: string;
  readonly group: string;
  readonly networkInterface: string;
  readonly unitId: number | string;
  readonly connector: number | string;
  readonly serial: string;
  readonly othersMove: boolean;
  /** Largest load beside chargers of a circuit that loses its meter. */
  readonly otherLoad_A: number | string;
};

const USUAL_LINE = { baud: 9600, parity: "none", dataBits: 8, stopBits: 1 } as const;
const USUAL_PORT: Readonly<Record<WireKind, number>> = {
  serial: 0,
  "modbus-tcp": 502,
  "rtu-over-tcp": 502,
  "tcp-raw": 2001,
  udp: 7090,
  http: 80,
  "udp-multicast": 9522,
};
const USUAL_GROUP = "239.12.255.254";
const MIN_A = 6;
const STEP_A = 0.1;

/** A form in which nothing is said yet. */
export const emptyForm = (id: string, circuitId: string): DeviceForm => ({
  kind: "station",
  id,
  name: id,
  circuitId,
  phases: 3,
  rotation: "L1L2L3",
  max_A: 16,
  fallback_A: 6,
  profileId: null,
  ocpp: null,
  min_A: MIN_A,
  step_A: STEP_A,
  priority: 1,
  wire: "modbus-tcp",
  path: "",
  ...USUAL_LINE,
  host: "",
  port: USUAL_PORT["modbus-tcp"],
  user: "",
  password: "",
  group: USUAL_GROUP,
  networkInterface: "",
  unitId: 1,
  connector: 1,
  serial: "",
  othersMove: true,
  otherLoad_A: "",
});

/** Kinds of wires of a profile; all of them where it is not known. */
export const wiresOf = (profile: ProfileFacts | undefined): readonly WireKind[] =>
  profile === undefined ? WIRE_KINDS : WIRE_KINDS.filter((kind) => profile.wires.includes(kind));

/** The form with another profile: what its document says is usual is filled in, what was typed of the place stays. */
export function withProfile(form: DeviceForm, profile: ProfileFacts): DeviceForm {
  const wires = wiresOf(profile);
  const wire = wires.includes(form.wire) ? form.wire : (wires[0] ?? form.wire);
  const kind = profile.kind === "meter" ? "meter" : "station";
  const { usual } = profile;
  const isSame = form.kind === kind && form.profileId !== null;
  return withWire(
    {
      ...form,
      kind,
      profileId: profile.id,
      unitId: usual.unitId,
      group: usual.group ?? USUAL_GROUP,
      ...(usual.line ?? USUAL_LINE),
      ...(kind === "station" && !isSame ? currentsOf(profile) : {}),
    },
    wire,
    profile,
  );
}

/** The form with another kind of wire and its usual port. */
export const withWire = (form: DeviceForm, wire: WireKind, profile: ProfileFacts | undefined): DeviceForm => ({
  ...form,
  wire,
  port: portFor(wire, profile) ?? USUAL_PORT[wire],
});

function portFor(wire: WireKind, profile: ProfileFacts | undefined): number | null {
  if (profile === undefined) return null;
  const { tcpPort, udpPort, httpPort } = profile.usual;
  switch (wire) {
    case "http":
      return httpPort;
    case "udp":
    case "udp-multicast":
      return udpPort;
    case "serial":
      return null;
    default:
      return tcpPort;
  }
}

/** A form that shows what the site knows of a device. */
export function formOf(settings: DeviceSettings): DeviceForm {
  const empty = emptyForm(settings.id, settings.circuitId ?? NO_CIRCUIT);
  const { id, name, by } = settings;
  const place =
    by.kind === "ocpp"
      ? { profileId: null, ocpp: { identity: by.identity }, connector: by.connector }
      : {
          profileId: by.profileId,
          unitId: by.unitId,
          connector: by.connector,
          serial: by.serial ?? "",
          ...wireFields(by.wire),
        };
  if (settings.kind === "meter") return { ...empty, kind: "meter", id, name, ...place };
  return {
    ...empty,
    kind: "station",
    id,
    name,
    phases: settings.phases,
    rotation: settings.rotation,
    min_A: settings.min_mA / 1000,
    max_A: settings.max_mA / 1000,
    step_A: settings.step_mA / 1000,
    fallback_A: settings.fallback_mA / 1000,
    priority: settings.priority,
    ...place,
  };
}

function wireFields(wire: DeviceWire): Partial<DeviceForm> {
  switch (wire.kind) {
    case "serial": {
      const { kind, ...line } = wire;
      return { wire: kind, ...line };
    }
    case "http":
      return { wire: wire.kind, host: wire.host, port: wire.port, user: wire.user ?? "" };
    case "udp-multicast":
      return { wire: wire.kind, group: wire.group, port: wire.port, networkInterface: wire.interface ?? "" };
    default:
      return { wire: wire.kind, host: wire.host, port: wire.port };
  }
}

export type FormField = keyof DeviceForm;
export type FormMistake = "required" | "id" | "taken" | "current" | "fallback" | "number";

/** What is wrong with each field; empty when the form may be sent. `taken`: ids of other devices of its kind. */
export function formMistakes(form: DeviceForm, taken: readonly string[]): Partial<Record<FormField, FormMistake>> {
  const named = adoptMistakes(form.kind === "meter" ? meterForm(form) : form, taken);
  const missing = (field: "host" | "path" | "group"): object =>
    form[field].trim() === "" ? { [field]: "required" as const } : {};
  const odd = (field: "port" | "baud" | "unitId" | "connector" | "min_A" | "step_A" | "priority"): object =>
    typeof form[field] === "number" ? {} : { [field]: "number" as const };
  const station = form.kind === "meter" ? {} : { ...odd("min_A"), ...odd("step_A"), ...odd("priority") };
  if (form.ocpp !== null) return { ...named, ...station, ...odd("connector") };
  const profile = form.profileId === null ? { profileId: "required" as const } : {};
  const place = { ...profile, ...odd("unitId"), ...odd("connector") };
  switch (form.wire) {
    case "serial":
      return { ...named, ...station, ...place, ...missing("path"), ...odd("baud") };
    case "udp-multicast":
      return { ...named, ...station, ...place, ...missing("group"), ...odd("port") };
    default:
      return { ...named, ...station, ...place, ...missing("host"), ...odd("port") };
  }
}

/** What goes to the engine; only for a form without mistakes. */
export function settingsFrom(form: DeviceForm): DeviceSettings {
  const { kind, id, circuitId } = form;
  const name = form.name.trim();
  const connector = Number(form.connector);
  const by = {
    kind: "profile",
    profileId: form.profileId ?? "",
    wire: wireFrom(form),
    unitId: Number(form.unitId),
    connector,
    serial: form.serial.trim() === "" ? null : form.serial.trim(),
  } as const;
  if (kind === "meter") return { kind, id, name, circuitId: circuitId === NO_CIRCUIT ? null : circuitId, by };
  return {
    kind,
    id,
    name,
    circuitId,
    phases: form.phases,
    rotation: form.rotation,
    min_mA: milliampFromAmp(Number(form.min_A)),
    max_mA: milliampFromAmp(Number(form.max_A)),
    step_mA: milliampFromAmp(Number(form.step_A)),
    fallback_mA: milliampFromAmp(Number(form.fallback_A)),
    priority: Number(form.priority),
    by: form.ocpp === null ? by : { kind: "ocpp", identity: form.ocpp.identity.trim(), connector },
  };
}

function wireFrom(form: DeviceForm): DeviceWire {
  const port = Number(form.port);
  const host = form.host.trim();
  switch (form.wire) {
    case "serial": {
      const { parity, dataBits, stopBits } = form;
      return { kind: form.wire, path: form.path.trim(), baud: Number(form.baud), parity, dataBits, stopBits };
    }
    case "http":
      return { kind: form.wire, host, port, user: form.user === "" ? null : form.user };
    case "udp-multicast": {
      const networkInterface = form.networkInterface.trim();
      return {
        kind: form.wire,
        group: form.group.trim(),
        port,
        interface: networkInterface === "" ? null : networkInterface,
      };
    }
    default:
      return { kind: form.wire, host, port };
  }
}

/** A password that was not typed is not sent, so that the stored one stays. */
export const saveInput = (form: DeviceForm, version: string | null): SaveDevice => ({
  version,
  settings: settingsFrom(form),
  othersMove: form.othersMove,
  ...(typeof form.otherLoad_A === "number" ? { otherLoad_mA: milliampFromAmp(form.otherLoad_A) } : {}),
  ...(form.wire === "http" && form.ocpp === null && form.password !== "" ? { password: form.password } : {}),
});

/** Readings as lines of a table: numbers that belong together stay together. */
export const readingLines = (readings: Readonly<Record<string, unknown>>): (readonly [string, string])[] =>
  Object.entries(readings).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(shown).join(" / ") : shown(value),
  ]);

const shown = (value: unknown): string =>
  typeof value === "number" || typeof value === "string" || typeof value === "boolean" ? String(value) : "—";

const WHY = ["demo", "changed", "charging", "busy", "wire-in-use"] as const;
export type ConflictWhy = (typeof WHY)[number];

/** Why the engine cannot do it now, from the data of its answer; `null`: it says something else. */
export function conflictWhy(data: unknown): ConflictWhy | null {
  if (typeof data !== "object" || data === null || !("why" in data)) return null;
  return WHY.find((why) => why === data.why) ?? null;
}
