import { expect, test } from "vitest";
import type { LimitChange, LimitSetting } from "../../../contract/index.ts";
import type { Link, SiteModel } from "../../../core/site/index.ts";
import { milliamp } from "../../../core/units/index.ts";
import { changedSite } from "./limit-change.ts";
import { limitMistakes, limitNotes } from "./limit-mistakes.ts";

const HOST = "192.168.1.50";
const fuse_mA = [milliamp(63_000), milliamp(63_000), milliamp(63_000)] as const;

const site = (links: readonly Link[] = [], meters: SiteModel["meters"] = []): SiteModel => ({
  identity: { name: "Yard", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
  circuits: [
    {
      id: "main",
      name: "Main",
      parentId: null,
      fuse_mA,
      margin_mA: milliamp(0),
      meterId: null,
      limit_W: null,
      otherLoad_mA_max: null,
    },
  ],
  links,
  meters,
  stations: [],
});

type Wire = Extract<LimitSetting["source"], { kind: "digital-input" }>["wire"];
const contact = (wire: Wire): LimitSetting => ({
  name: "Ripple control",
  circuitId: "main",
  rule: "limit",
  counts: "cars",
  limit: { limit_mA: null, limit_W: 4_200 },
  failSafe: { limit_mA: null, limit_W: null },
  debounce_ms: 0,
  minimum_ms: 0,
  source: { kind: "digital-input", wire, unitId: 1, address: 0, table: "discrete", activeLow: false },
});
const setting = (id: string | null, wire: Wire): LimitChange => ({ kind: "limit", id, setting: contact(wire) });
const at = (kind: "modbus-tcp" | "rtu-over-tcp"): Wire => ({ host: HOST, port: 502, kind });

function made(model: SiteModel, change: LimitChange): SiteModel {
  expect(limitMistakes(model, change)).toEqual([]);
  const next = changedSite(model, change, "a token");
  if (next === null) throw new Error("there is such a record");
  return next.model;
}

test("a module that is asked as RTU over TCP instead is asked so, on the one link it has", () => {
  const first = made(site(), setting(null, at("modbus-tcp")));
  expect(first.links).toMatchObject([{ kind: "modbus-tcp", host: HOST, port: 502 }]);
  const change = setting("Ripple-control", at("rtu-over-tcp"));
  const next = made(first, change);
  expect(next.links).toEqual([{ ...first.links[0], kind: "rtu-over-tcp" }]);
  expect(limitNotes(first, change)).toEqual([{ code: "new-wire", inputs: {} }]);
});

test("where another device is asked at that address, its kind of Modbus has to be chosen", () => {
  const link = { id: "gate", kind: "rtu-over-tcp", host: HOST, port: 502 } as const;
  const meter = { id: "m", name: "Grid meter", profileId: "any", linkId: "gate", unitId: 3 } as const;
  const taken = site([link], [meter]);
  expect(limitMistakes(taken, setting(null, at("modbus-tcp")))).toEqual([
    { field: "host", code: "other-framing", inputs: { by: "Grid meter" } },
  ]);
  expect(made(taken, setting(null, at("rtu-over-tcp"))).links).toEqual([link]);
});

test("a port of UDP is another place than the same number of TCP", () => {
  const udp = { id: "u", kind: "udp", host: HOST, port: 502 } as const;
  expect(made(site([udp]), setting(null, at("modbus-tcp"))).links).toMatchObject([
    { kind: "udp" },
    { kind: "modbus-tcp" },
  ]);
});
