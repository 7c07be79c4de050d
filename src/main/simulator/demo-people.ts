/** The demo site's customers: invented people and companies in an invented street. */
export type DemoCustomer = {
  readonly name: string;
  readonly address: string;
  readonly email: string | null;
  readonly vatId: string | null;
  readonly cards: readonly [string, ...string[]];
};

export const DEMO_CUSTOMERS: readonly DemoCustomer[] = [
  {
    name: "Brandt & Söhne Elektrotechnik GmbH",
    address: "Werkstraße 14\n12345 Musterstadt",
    email: "rechnung@brandt-soehne.example",
    vatId: "DE123456788",
    cards: ["04A1B2C3D4E580", "04A1B2C3D4E581", "04A1B2C3D4E582"],
  },
  {
    name: "Physiotherapie Am Markt",
    address: "Marktplatz 3\n12345 Musterstadt",
    email: "praxis@physio-am-markt.example",
    vatId: null,
    cards: ["0455D21A6F3C80", "0455D21A6F3C81"],
  },
  {
    name: "Annika Lindqvist",
    address: "Lindenweg 8\n12345 Musterstadt",
    email: "annika.lindqvist@post.example",
    vatId: null,
    cards: ["047E19C8A25B80"],
  },
  {
    name: "Mehmet Yıldız",
    address: "Bahnhofstraße 27\n12345 Musterstadt",
    email: "m.yildiz@post.example",
    vatId: null,
    cards: ["0461F0BB7D1280"],
  },
  {
    name: "Kanzlei Dr. Weber & Partner mbB",
    address: "Schlossallee 1\n12345 Musterstadt",
    email: "buchhaltung@weber-partner.example",
    vatId: "DE987654323",
    cards: ["04C0FFEE1A2B80", "04C0FFEE1A2B81"],
  },
  {
    name: "Jonas Hartmann",
    address: "Am Mühlbach 19\n12345 Musterstadt",
    email: null,
    vatId: null,
    cards: ["04D3429E55AA80"],
  },
  {
    name: "Sofia Papadopoulou",
    address: "Gartenstraße 5\n12345 Musterstadt",
    email: "sofia.p@post.example",
    vatId: null,
    cards: ["0419B8E7C64F80"],
  },
  {
    name: "Stadtwerke Musterstadt Carsharing",
    address: "Industriering 40\n12345 Musterstadt",
    email: "flotte@stadtwerke.example",
    vatId: "DE456789124",
    cards: ["04F7A60D3B9180", "04F7A60D3B9181"],
  },
];

/** Cards that come by without belonging to a customer. */
export const DEMO_GUEST_CARDS = ["04BEEF00112280", "04BEEF00112281"] as const;

const card = (customer: number, index = 0): string => DEMO_CUSTOMERS[customer]?.cards[index] ?? DEMO_GUEST_CARDS[0];

/** Who parks where: the first card of a bay is its regular. */
export const DEMO_CARDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  P01: [card(0), card(4), card(1)],
  P02: [card(0, 1), card(7), DEMO_GUEST_CARDS[0]],
  P03: [card(4), card(4, 1), card(0, 2)],
  P04: [card(1), card(1, 1), card(5)],
  P05: [card(7), card(7, 1)],
  P06: [card(5), card(3)],
  P07: [card(2), card(6)],
  P08: [card(3), card(2), DEMO_GUEST_CARDS[1]],
  P09: [card(5), card(6)],
  P10: [card(6), card(5), card(3)],
  P11: [card(7, 1), card(7)],
  P12: [card(4, 1), card(2)],
};

export const DEMO_SELLER = {
  name: "Parkhaus Nord Betriebs GmbH",
  address: "Nordring 100\n12345 Musterstadt",
  vatId: "DE111222339",
  taxNumber: "12/345/67890",
  email: "laden@parkhaus-nord.example",
  phone: "+49 30 5550 100",
  iban: "DE02120300000000202051",
  bank: "Musterbank",
  invoicePrefix: "PN",
  dueDays: 14,
  note: "Demo: keine echte Rechnung.",
};

export const DEMO_TARIFF = { perKWh: "0.42", vat_bp: 1900, currency: "EUR" } as const;
/** Price before the change in the middle of the demo's year. */
export const DEMO_OLD_PRICE = "0.39";
