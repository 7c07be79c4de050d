import { EventEmitter } from "node:events";

// What the operating system draws: menus, the tray, dialogs. Nothing is drawn here; a test clicks by id.

type Template = { id?: string; label?: string; enabled?: boolean; click?: () => void; submenu?: Template[] };

export class Menu {
  static #application: Menu | null = null;
  readonly items: readonly Template[];
  constructor(items: readonly Template[]) {
    this.items = items;
  }
  static buildFromTemplate(template: readonly Template[]): Menu {
    return new Menu(template);
  }
  static setApplicationMenu(menu: Menu): void {
    Menu.#application = menu;
  }
  static getApplicationMenu(): Menu | null {
    return Menu.#application;
  }
  getMenuItemById(id: string): Template | null {
    const all = this.items.flatMap((item) => [item, ...(item.submenu ?? [])]);
    return all.find((item) => item.id === id) ?? null;
  }
}

export class Tray extends EventEmitter {
  /** Not in Electron: a test finds the tray here. */
  static last: Tray | null = null;
  toolTip = "";
  menu: Menu | null = null;
  constructor(readonlyIcon: unknown) {
    super();
    if (readonlyIcon === undefined) throw new Error("a tray needs an icon");
    Tray.last = this;
  }
  setToolTip(text: string): void {
    this.toolTip = text;
  }
  setContextMenu(menu: Menu): void {
    this.menu = menu;
  }
}

export const nativeImage = { createFromPath: (path: string) => ({ path, resize: () => ({ path }) }) };
export const dialog = {
  showMessageBox: () => Promise.resolve({ response: 0 }),
  showSaveDialog: () => Promise.resolve({ canceled: true, filePath: "" }),
  showErrorBox: (title: string, text: string) => process.stderr.write(`${title}: ${text}\n`),
};
export const shell = { openExternal: () => Promise.resolve() };
const blockers: string[] = [];
export const powerSaveBlocker = { blockers, start: (kind: string) => blockers.push(kind) };
