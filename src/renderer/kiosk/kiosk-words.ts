import type { Format } from "../lib/format/format.ts";
import { filled, type KioskTexts } from "./kiosk-text.ts";
import { type BayLine, type Bay, bayLine } from "./kiosk-view.ts";

/** Texts in the driver's language and formatting in the site's zone and currency. */
export type KioskWords = { readonly texts: KioskTexts; readonly format: Format };

/** The line below a bay's state: "11 kW", "since 0:42", "place 2"; "" when there is nothing to say. */
export function lineText(bay: Bay, at_ms: number, words: KioskWords): string {
  return textOfLine(bayLine(bay, at_ms), words);
}

function textOfLine(line: BayLine, { texts, format }: KioskWords): string {
  switch (line.kind) {
    case "power": {
      const power = format.power(line.power_W, line.power_W < 10_000 ? 1 : 0);
      return line.isShared ? filled(texts.shared, { power }) : power;
    }
    case "since":
      return filled(texts.since, { duration: format.duration(line.duration_ms) });
    case "queue":
      return filled(texts.place, { place: format.count(line.place) });
    case "nothing":
      return "";
  }
}
