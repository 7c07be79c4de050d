import type { KioskState, LiveUpdate } from "../../contract/index.ts";
import { grossPerKWh } from "../../core/tariff/index.ts";
import { epochMs } from "../../core/units/index.ts";
import type { Access, Stores } from "../storage/types.ts";

/** Bays, states and price for a public screen: no names, no cards. */
export function kioskState(live: LiveUpdate, stores: Stores, access: Access): KioskState {
  const seller = stores.seller.get();
  const tariff = stores.tariffs.at(epochMs(live.site.at_ms));
  const view = tariff === null ? null : stores.tariffs.view(tariff);
  return {
    at_ms: live.site.at_ms,
    name: live.site.name,
    operator: seller.name === "" ? null : seller.name,
    phone: seller.phone === "" ? null : seller.phone,
    timezone: live.site.timezone,
    demo: live.site.demo,
    price: {
      currency: live.site.currency,
      grossPerKWh: tariff === null ? null : grossPerKWh(tariff),
      vat_bp: view?.vat_bp ?? null,
      accessByCardOnly: access.cards === "listed",
    },
    bays: live.stations.map((station) => ({
      stationId: station.stationId,
      name: station.name,
      state: station.state,
      power_W: station.power_W,
      since_ms: station.since_ms,
      session:
        station.session === null
          ? null
          : {
              started_at_ms: station.session.started_at_ms,
              energy_Wh: station.session.energy_Wh,
              gross_minor: station.session.gross_minor,
            },
      granted_mA: station.granted_mA,
      because: station.because,
      queuePlace: station.queuePlace,
    })),
  };
}
