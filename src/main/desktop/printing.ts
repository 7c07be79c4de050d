import { writeFile } from "node:fs/promises";
import { BrowserWindow, dialog } from "electron";
import type { Log } from "../log.ts";

/** Opens the system's print dialog for the print view of the focused page. */
export function printPage(log: Log): void {
  BrowserWindow.getFocusedWindow()?.webContents.print({ printBackground: true }, (isDone, reason) => {
    if (!isDone) log.info({ reason }, "a page was not printed");
  });
}

/** Writes the print view of the focused page to a PDF that the person names. */
export async function savePagePdf(log: Log): Promise<void> {
  const window = BrowserWindow.getFocusedWindow();
  if (window === null) return;
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    defaultPath: `${window.getTitle().replace(/[^\p{L}\p{N} _-]/gu, "_")}.pdf`,
    filters: [{ name: "PDF", extensions: ["pdf"] }],
  });
  if (canceled) return;
  try {
    await writeFile(
      filePath,
      await window.webContents.printToPDF({ printBackground: true, preferCSSPageSize: true, generateTaggedPDF: true }),
    );
  } catch (error) {
    log.warn({ err: error, filePath }, "the page could not be saved as PDF");
    dialog.showErrorBox("PDF", error instanceof Error ? error.message : String(error));
  }
}
