/** The site file that the tests break in every way; its profiles are `PROFILES`. */
export const EXAMPLE = `site: { name: Parkhaus Nord, timezone: Europe/Berlin, currency: EUR, country: DE }
circuits:
  - { id: main, name: Main fuse, fuse_A: 100, margin_A: 2, meter: grid }
  - { id: garage-a, name: Garage A, parent: main, fuse_A: [63, 63, 63] }
links:
  - { id: rs485-1, kind: serial, path: /dev/ttyUSB0, baud: 9600, parity: none }
  - { id: gw-1, kind: rtu-over-tcp, host: 192.168.1.20, port: 4196 }
  - { id: abb-7, kind: modbus-tcp, host: 192.168.1.31, port: 502 }
meters:
  - { id: grid, profile: eastron-sdm630, link: rs485-1, unitId: 1 }
stations:
  - { id: P01, name: Bay 1, circuit: garage-a, phases: 3, rotation: L1L2L3, max_A: 16, fallback_A: 6, ocpp: CP-0001 }
  - { id: P02, name: Bay 2, circuit: garage-a, phases: 1, rotation: L2, max_A: 32, fallback_A: 6, profile: heidelberg-energy-control, link: rs485-1, unitId: 2 }
tariff: { currency: EUR, per_kWh: "0.42", vat_percent: 19 }
access: { cards: any }          # any = every card may charge; listed = only cards of customers
`;

export const PROFILES: ReadonlySet<string> = new Set(["eastron-sdm630", "heidelberg-energy-control"]);
