import type { KioskState } from "../../contract/index.ts";
import type { Application } from "../site/engine.types.ts";
import { type Implementer, siteOf } from "./base.ts";
import { followEngine, type View } from "./follow.ts";

const KIOSK: View<KioskState> = { whole: (engine) => engine.kiosk(), merge: null };

/** Bays, states and price, without personal data. */
export function kioskGroup(contract: Implementer, app: Application) {
  const { kiosk } = contract;
  return {
    state: kiosk.state.handler(() => siteOf(app).kiosk()),
    subscribe: kiosk.subscribe.handler(({ signal }) => {
      siteOf(app);
      return followEngine(app, signal, KIOSK);
    }),
  };
}
