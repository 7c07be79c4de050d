/** Texts of what the system draws for us: menu, tray, dialogs. The page has its own. */
export type Words = {
  readonly show: string;
  readonly kiosk: string;
  readonly closeKiosk: string;
  readonly quit: string;
  readonly quitTitle: string;
  readonly quitText: string;
  readonly quitConfirm: string;
  readonly cancel: string;
  readonly file: string;
  readonly edit: string;
  readonly view: string;
  readonly help: string;
  readonly print: string;
  readonly savePdf: string;
  readonly licence: string;
  readonly cannotStart: string;
  readonly starting: string;
  readonly noSite: string;
  readonly status: (charging: number, faults: number, power_kW: string) => string;
};

const EN: Words = {
  show: "Show Chargehand",
  kiosk: "Open kiosk window",
  closeKiosk: "Close kiosk window",
  quit: "Quit",
  quitTitle: "Stop balancing?",
  quitText:
    "When Chargehand quits, nobody shares out the current any more: every charger falls back to its safe current, and sessions are not recorded until it runs again.",
  quitConfirm: "Quit and stop balancing",
  cancel: "Cancel",
  file: "File",
  edit: "Edit",
  view: "View",
  help: "Help",
  print: "Print this page…",
  savePdf: "Save this page as PDF…",
  licence: "Licence",
  cannotStart: "Chargehand cannot start",
  starting: "Chargehand is starting",
  noSite: "No site is set up yet",
  status: (charging, faults, power_kW) => `${String(charging)} charging, ${String(faults)} faults, ${power_kW} kW`,
};

const DE: Words = {
  show: "Chargehand zeigen",
  kiosk: "Kioskfenster öffnen",
  closeKiosk: "Kioskfenster schließen",
  quit: "Beenden",
  quitTitle: "Lastmanagement anhalten?",
  quitText:
    "Wenn Chargehand beendet wird, teilt niemand mehr den Strom auf: Jeder Ladepunkt fällt auf seinen sicheren Strom zurück, und Ladevorgänge werden erst beim nächsten Start wieder aufgezeichnet.",
  quitConfirm: "Beenden und anhalten",
  cancel: "Abbrechen",
  file: "Datei",
  edit: "Bearbeiten",
  view: "Ansicht",
  help: "Hilfe",
  print: "Diese Seite drucken…",
  savePdf: "Diese Seite als PDF speichern…",
  licence: "Lizenz",
  cannotStart: "Chargehand kann nicht starten",
  starting: "Chargehand startet",
  noSite: "Es ist noch kein Standort eingerichtet",
  status: (charging, faults, power_kW) => `${String(charging)} laden, ${String(faults)} gestört, ${power_kW} kW`,
};

/** German where the system speaks German, English everywhere else. */
export const wordsFor = (locale: string): Words => (locale.toLowerCase().startsWith("de") ? DE : EN);
