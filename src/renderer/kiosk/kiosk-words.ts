import type { Format } from "../lib/format/format.ts";
import type { Say } from "./kiosk-text.ts";
import { type BayLine, type Bay, bayLine } from "./kiosk-view.ts";

/** Texts in the driver's language and formatting in the site's zone and currency. */
export type KioskWords = { readonly say: Say; readonly format: Format };

/** The line below a bay's state: "11 kW", "since 0:42", "place 2"; "" when there is nothing to say. */
export function lineText(bay: Bay, at_ms: number, words: KioskWords): string {
  return textOfLine(bayLine(bay, at_ms), words);
}

function textOfLine(line: BayLine, { say, format }: KioskWords): string {
  switch (line.kind) {
    case "power": {
      const power = format.power(line.power_W, line.power_W < 10_000 ? 1 : 0);
      return line.isShared ? say("shared", { power }) : power;
    }
    case "since":
      return say("since", { duration: format.duration(line.duration_ms) });
    case "queue":
      return say("place", { place: format.count(line.place) });
    case "nothing":
      return "";
  }
}
