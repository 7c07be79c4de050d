/** Hands a file to the browser's own "save": the desktop window asks where, a browser puts it among the downloads. */
export function saveFile(fileName: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken the bytes by the next turn of its loop at the latest.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, RELEASE_AFTER_ms);
}

const RELEASE_AFTER_ms = 60_000;
const BYTE_ORDER_MARK = "\ufeff";

/** CSV with the mark by which spreadsheets know that it is UTF-8. */
export const csvBlob = (text: string): Blob => new Blob([BYTE_ORDER_MARK, text], { type: "text/csv;charset=utf-8" });

/** Where numbers have a comma for decimals, lists are separated by semicolons. */
export const delimiterFor = (locale: string): "," | ";" =>
  new Intl.NumberFormat(locale).format(1.5).includes(",") ? ";" : ",";
