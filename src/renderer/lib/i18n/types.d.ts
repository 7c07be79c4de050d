import type alerts from "../../../../resources/locales/en/alerts.json";
import type billing from "../../../../resources/locales/en/billing.json";
import type box from "../../../../resources/locales/en/box.json";
import type charger from "../../../../resources/locales/en/charger.json";
import type charts from "../../../../resources/locales/en/charts.json";
import type commissioning from "../../../../resources/locales/en/commissioning.json";
import type common from "../../../../resources/locales/en/common.json";
import type devices from "../../../../resources/locales/en/devices.json";
import type history from "../../../../resources/locales/en/history.json";
import type kiosk from "../../../../resources/locales/en/kiosk.json";
import type limits from "../../../../resources/locales/en/limits.json";
import type live from "../../../../resources/locales/en/live.json";
import type period from "../../../../resources/locales/en/period.json";
import type phases from "../../../../resources/locales/en/phases.json";
import type reasons from "../../../../resources/locales/en/reasons.json";
import type sessions from "../../../../resources/locales/en/sessions.json";
import type settings from "../../../../resources/locales/en/settings.json";
import type start from "../../../../resources/locales/en/start.json";

declare module "i18next" {
  // Module augmentation works with interfaces only.
  interface CustomTypeOptions {
    defaultNS: "common";
    returnNull: false;
    resources: {
      alerts: typeof alerts;
      billing: typeof billing;
      box: typeof box;
      charger: typeof charger;
      charts: typeof charts;
      commissioning: typeof commissioning;
      common: typeof common;
      devices: typeof devices;
      history: typeof history;
      kiosk: typeof kiosk;
      limits: typeof limits;
      live: typeof live;
      period: typeof period;
      phases: typeof phases;
      reasons: typeof reasons;
      sessions: typeof sessions;
      settings: typeof settings;
      start: typeof start;
    };
  }
}
