import { expect, test } from "vitest";
import { exportSiteFile, parseSiteFile, type KnownProfiles, type ProfileWires } from "./index.ts";

const WIRES: Readonly<Record<string, ProfileWires>> = {
  "goe-http": { driver: "http", kind: "charger", transports: ["http"] },
  "keba-p30-udp": { driver: "keba-udp", kind: "charger", transports: ["udp"] },
  "dsmr-p1": { driver: "p1", kind: "meter", transports: ["serial", "tcp-raw"] },
  "sma-energy-meter": { driver: "speedwire", kind: "meter", transports: ["udp-multicast"] },
  "victron-vm3p75ct": { driver: "modbus", kind: "meter", transports: ["udp", "tcp"] },
  "eastron-sdm630": { driver: "modbus", kind: "meter", transports: ["rtu"] },
};
const PROFILES: KnownProfiles = {
  has: (id) => id in WIRES,
  keys: () => Object.keys(WIRES),
  wiresOf: (id) => WIRES[id] ?? null,
};

const SITE = `site: { name: Yard, timezone: Europe/Berlin, currency: EUR, country: DE }
circuits:
  - { id: main, name: Main fuse, fuse_A: 63 }
links:
  - { id: goe-1, kind: http, host: 192.168.1.40, user: owner, password: geheim }
  - { id: keba-1, kind: udp, host: 192.168.1.41 }
  - { id: p1, kind: tcp-raw, host: 192.168.1.42, port: 2001 }
  - { id: sma, kind: udp-multicast, interface: 192.168.1.2 }
  - { id: gw, kind: rtu-over-tcp, host: 192.168.1.43, port: 4196 }
meters:
  - { id: grid, profile: dsmr-p1, link: p1 }
  - { id: pv, profile: sma-energy-meter, link: sma, serial: "1900123456" }
  - { id: flat, profile: sma-energy-meter, link: sma, serial: "1900123457" }
  - { id: sub, profile: eastron-sdm630, link: gw, unitId: 3 }
stations:
  - { id: P1, name: Bay 1, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: goe-http, link: goe-1 }
  - { id: P2, name: Bay 2, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: keba-p30-udp, link: keba-1 }
tariff: { per_kWh: "0.42", vat_percent: 19 }
`;

test("devices on the network need no address, and each wire has its usual port", () => {
  expect(parseSiteFile(SITE, PROFILES)).toMatchObject({
    ok: true,
    site: {
      model: {
        links: [
          { kind: "http", port: 80, user: "owner", password: "geheim" },
          { kind: "udp", port: 7090 },
          { kind: "tcp-raw", port: 2001 },
          { kind: "udp-multicast", group: "239.12.255.254", port: 9522, interface: "192.168.1.2" },
          {},
        ],
        meters: [{ unitId: 1 }, { serial: "1900123456" }, { serial: "1900123457" }, { unitId: 3 }],
        stations: [{ connection: { profileId: "goe-http", linkId: "goe-1", unitId: 1 } }, {}],
      },
    },
  });
});

test("an exported site has no password, and is the same site otherwise", () => {
  const parsed = parseSiteFile(SITE, PROFILES);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const text = exportSiteFile(parsed.site, null);
  expect(text).not.toContain("geheim");
  const again = parseSiteFile(`${text}tariff: { per_kWh: "0.42", vat_percent: 19 }\n`, PROFILES);
  const [first, ...others] = parsed.site.model.links;
  const { password: _secret, ...withoutPassword } = first?.kind === "http" ? first : { password: "" };
  expect(again).toMatchObject({
    ok: true,
    site: { model: { ...parsed.site.model, links: [withoutPassword, ...others] } },
  });
});

test.each([
  [
    "a profile on a wire it does not speak",
    "link: goe-1 }",
    "link: gw, unitId: 9 }",
    16,
    "stations[0].link",
    "wrong-link",
    /kind http/u,
  ],
  [
    "a register meter on a raw socket",
    "link: gw, unitId: 3",
    "link: p1, unitId: 3",
    14,
    "meters[3].link",
    "wrong-link",
    /serial or rtu-over-tcp or modbus-tcp/u,
  ],
  [
    "a Modbus meter without an address",
    "link: gw, unitId: 3",
    "link: gw",
    14,
    "meters[3].unitId",
    "missing",
    /address/u,
  ],
  [
    "two meters nobody can tell apart",
    ', serial: "1900123457"',
    ', serial: "1900123456"',
    13,
    "meters[2].link",
    "address-clash",
    /pv/u,
  ],
  [
    "a group that is none",
    "kind: udp-multicast",
    "kind: udp-multicast, group: 192.168.1.9",
    8,
    "links[3].group",
    "invalid-value",
    /multicast/u,
  ],
  ["a name with a colon", "user: owner", 'user: "own:er"', 5, "links[0].user", "invalid-value", /colon/u],
])("%s is told with line and field", (_what, from, to, line, field, code, expected) => {
  expect(SITE).toContain(from);
  const parsed = parseSiteFile(SITE.replace(from, to), PROFILES);
  const problems = parsed.ok ? [] : parsed.problems;
  expect(problems.find((problem) => problem.field === field)).toMatchObject({ line, code });
  expect(problems.find((problem) => problem.field === field)?.expected).toMatch(expected);
  expect(JSON.stringify(problems)).not.toContain("geheim");
});

test("a register meter may speak in datagrams, where its profile does", () => {
  const meter = "{ id: sub, profile: eastron-sdm630, link: gw, unitId: 3 }";
  const link = "{ id: gw, kind: rtu-over-tcp, host: 192.168.1.43, port: 4196 }";
  const onUdp = SITE.replace(link, "{ id: gw, kind: udp, host: 192.168.1.43, port: 502 }");
  const parsed = parseSiteFile(onUdp.replace(meter, meter.replace("eastron-sdm630", "victron-vm3p75ct")), PROFILES);
  expect(parsed).toMatchObject({ ok: true });
  const refused = parseSiteFile(onUdp, PROFILES);
  expect(refused.ok ? [] : refused.problems).toMatchObject([{ code: "wrong-link" }]);
});
