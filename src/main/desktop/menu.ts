import { Menu, type MenuItemConstructorOptions, shell } from "electron";
import type { Log } from "../log.ts";
import { LICENCE_PAGE } from "./gate.ts";
import { printPage, savePagePdf } from "./printing.ts";
import type { Words } from "./words.ts";

export type Actions = { readonly show: () => void; readonly toggleKiosk: () => void; readonly quit: () => void };

/** The application menu; with it come the system's own shortcuts for editing, zoom and the full screen. */
export function setMenu(words: Words, actions: Actions, log: Log): void {
  const file: MenuItemConstructorOptions[] = [
    {
      id: "print",
      label: words.print,
      accelerator: "CmdOrCtrl+P",
      click: () => {
        printPage(log);
      },
    },
    { id: "save-pdf", label: words.savePdf, click: () => void savePagePdf(log) },
    { type: "separator" },
    { id: "kiosk", label: words.kiosk, accelerator: "CmdOrCtrl+Shift+K", click: actions.toggleKiosk },
    { type: "separator" },
    { id: "quit", label: words.quit, accelerator: "CmdOrCtrl+Q", click: actions.quit },
  ];
  const view: MenuItemConstructorOptions[] = [
    { role: "reload" },
    { type: "separator" },
    { role: "resetZoom" },
    { role: "zoomIn" },
    { role: "zoomOut" },
    { type: "separator" },
    { role: "togglefullscreen" },
  ];
  const help: MenuItemConstructorOptions[] = [
    { id: "licence", label: words.licence, click: () => void shell.openExternal(LICENCE_PAGE) },
  ];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      { label: words.file, submenu: file },
      { role: "editMenu", label: words.edit },
      { label: words.view, submenu: view },
      { label: words.help, role: "help", submenu: help },
    ]),
  );
}
