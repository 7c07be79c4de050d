import { Menu, nativeImage, Tray } from "electron";
import type { Application } from "../site/engine.types.ts";
import type { LiveUpdate } from "../../contract/index.ts";
import type { Actions } from "./menu.ts";
import type { Words } from "./words.ts";

/** Points; macOS draws larger icons out of the bar, the others scale them down. */
const ICON_WIDTH = process.platform === "darwin" ? 18 : 32;
const TOOLTIP_EVERY_ms = 5_000;

export type SiteTray = {
  /** From now on the tooltip and the first line say how the site does. */
  readonly follow: (app: Application) => void;
};

/** The site's place in the system's tray: it shows that balancing runs while no window is open. */
export function createTray(icon: string, words: Words, actions: Actions): SiteTray {
  const tray = new Tray(nativeImage.createFromPath(icon).resize({ width: ICON_WIDTH }));
  const say = (status: string): void => {
    tray.setToolTip(`Chargehand: ${status}`);
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { id: "status", label: status, enabled: false },
        { type: "separator" },
        { id: "show", label: words.show, click: actions.show },
        { id: "kiosk", label: words.kiosk, click: actions.toggleKiosk },
        { type: "separator" },
        { id: "quit", label: words.quit, click: actions.quit },
      ]),
    );
  };
  tray.on("click", actions.show);
  say(words.starting);
  return {
    follow: (app) => {
      followSite(app, words, say);
    },
  };
}

function followSite(app: Application, words: Words, say: (status: string) => void): void {
  let leave: () => void = () => undefined;
  let said_ms = -Infinity;
  const update = ({ site }: LiveUpdate): void => {
    const now_ms = performance.now();
    if (now_ms - said_ms < TOOLTIP_EVERY_ms) return;
    said_ms = now_ms;
    say(words.status(site.counts.charging + site.counts.limited, site.counts.fault, kilowatts(site.power_W)));
  };
  const attach = (): void => {
    leave();
    said_ms = -Infinity;
    const engine = app.engine();
    if (engine === null) say(words.noSite);
    else update(engine.live());
    leave = engine?.onLive(update) ?? (() => undefined);
  };
  app.onChange(attach);
  attach();
}

/** One decimal, as on the screen; unknown is a dash, never 0. */
const kilowatts = (power_W: number | null): string => (power_W === null ? "—" : (power_W / 1000).toFixed(1));
