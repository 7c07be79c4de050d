import { randomUUID } from "node:crypto";
import { flatTariff, tariffProblems } from "../../core/tariff/index.ts";
import { basisPoint, epochMs, type EpochMs } from "../../core/units/index.ts";
import type { TariffVersion } from "../../core/tariff/index.ts";
import type { Application, Engine } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";
import { invoiceProcedures, type RenderInvoice } from "./invoices.ts";

const UNKNOWN_CARDS_ms = 30 * 24 * 3_600_000;
const ALIAS_LENGTH = 4;

/** Prices, customers and their cards, the seller, and invoices. */
export function billingGroup(contract: Implementer, app: Application, renderInvoice: RenderInvoice) {
  return {
    ...tariffProcedures(contract, app),
    ...customerProcedures(contract, app),
    ...sellerProcedures(contract, app),
    ...invoiceProcedures(contract, app, renderInvoice),
  };
}

function tariffProcedures({ billing }: Implementer, app: Application) {
  return {
    tariffs: billing.tariffs.handler(() => {
      const { tariffs } = siteOf(app).stores;
      return tariffs.list().map((version) => tariffs.view(version));
    }),
    newTariff: billing.newTariff.handler(({ input, errors }) => {
      const { stores, currency, clock } = siteOf(app);
      const now_ms = clock.now_ms();
      const version = flatTariff({
        id: randomUUID(),
        name: "",
        currency,
        perKWh: input.perKWh,
        vat_bp: basisPoint(input.vat_bp),
        valid_from_ms: input.valid_from_ms === null ? now_ms : epochMs(input.valid_from_ms),
      });
      const field = misfitOf(version, now_ms, stores.tariffs.list());
      if (field !== null) throw errors.INVALID({ data: { field } });
      stores.tariffs.add(version);
      return stores.tariffs.view(version);
    }),
  };
}

/** A price never begins in the past, and no two begin at once: each moment has one price, which sessions then keep. */
function misfitOf(version: TariffVersion, now_ms: EpochMs, others: readonly TariffVersion[]): string | null {
  if (tariffProblems(version).length > 0) return "perKWh";
  if (version.valid_from_ms < now_ms || others.some(({ valid_from_ms }) => valid_from_ms === version.valid_from_ms))
    return "valid_from_ms";
  return null;
}

function customerProcedures({ billing }: Implementer, app: Application) {
  return {
    customers: billing.customers.handler(() => siteOf(app).stores.customers.list()),
    saveCustomer: billing.saveCustomer.handler(({ input, errors }) => {
      const { stores, clock } = siteOf(app);
      const customer = stores.customers.save(input, clock.now_ms());
      if (customer === null) throw errors.NOT_FOUND();
      return customer;
    }),
    unknownCards: billing.unknownCards.handler(() => unknownCards(siteOf(app))),
    assignCard: billing.assignCard.handler(({ input, errors }) => {
      const { stores, clock } = siteOf(app);
      const customer = stores.customers.assignCard(input.customerId, input.idToken, clock.now_ms());
      if (customer === "not-found") throw errors.NOT_FOUND();
      if (customer === "conflict") throw errors.CONFLICT();
      return customer;
    }),
    blockCard: billing.blockCard.handler(({ input, errors }) => {
      const { stores, clock } = siteOf(app);
      const customer = stores.customers.blockCard(input.idToken, input.blocked, clock.now_ms());
      if (customer === null) throw errors.NOT_FOUND();
      return customer;
    }),
  };
}

function unknownCards(engine: Engine) {
  const { stores, clock } = engine;
  const names = new Map(engine.live().stations.map(({ stationId, name }) => [stationId, name]));
  return stores.customers.unknownCards(epochMs(Math.max(0, clock.now_ms() - UNKNOWN_CARDS_ms))).map((card) => ({
    ...card,
    alias: card.idToken.slice(-ALIAS_LENGTH),
    stationName: names.get(card.stationId) ?? card.stationId,
  }));
}

function sellerProcedures({ billing }: Implementer, app: Application) {
  return {
    seller: billing.seller.handler(() => siteOf(app).stores.seller.get()),
    saveSeller: billing.saveSeller.handler(({ input }) => {
      const { stores, clock } = siteOf(app);
      stores.seller.save(input, clock.now_ms());
      return stores.seller.get();
    }),
  };
}
