import { expect, test } from "vitest";
import { epochMs } from "../../core/units/index.ts";
import { freshFolder, minute } from "../../../test/storage/fixtures.ts";
import { checkCard, endKnownCards } from "./access.ts";

const LISTED = { cards: "listed" } as const;
const site = () => freshFolder().stores;

test("a card nobody knows is sent away, and the owner is told whose last characters to look for", () => {
  const stores = site();
  expect(checkCard(stores, LISTED, "04AABBCCDD", "P01", minute(0))).toBe("Invalid");
  expect(checkCard(stores, LISTED, "04AABBCCDD", "P02", minute(1))).toBe("Invalid");
  expect(stores.alerts.open()).toMatchObject([
    { code: "unknown-card", ref: "CCDD", count: 2, inputs: { station: "P02" } },
  ]);
});

test("where every card may charge an unknown one is no news", () => {
  const stores = site();
  expect(checkCard(stores, { cards: "any" }, "04AABBCCDD", "P01", minute(0))).toBe("Accepted");
  expect(stores.alerts.open()).toEqual([]);
});

test("the alert ends when the card gets a customer, or is not seen for a week", () => {
  const stores = site();
  checkCard(stores, LISTED, "04AABBCCDD", "P01", minute(0));
  checkCard(stores, LISTED, "04EEFF0011", "P01", minute(0));
  endKnownCards(stores, minute(1));
  expect(stores.alerts.open()).toHaveLength(2);
  const customer = stores.customers.save({ id: null, name: "Ada", address: "", email: null, vatId: null }, minute(1));
  stores.customers.assignCard(customer?.id ?? "", "04AABBCCDD", minute(1));
  endKnownCards(stores, minute(2));
  expect(stores.alerts.open()).toMatchObject([{ ref: "0011" }]);
  endKnownCards(stores, epochMs(minute(0) + 8 * 24 * 3_600_000));
  expect(stores.alerts.open()).toEqual([]);
});

test("somebody who tries many cards does not bury the other alerts", () => {
  const stores = site();
  for (let card = 0; card < 100; card += 1)
    checkCard(stores, LISTED, `CARD${String(card).padStart(4, "0")}`, "P01", minute(0));
  expect(stores.alerts.open().length).toBeLessThanOrEqual(20);
});
