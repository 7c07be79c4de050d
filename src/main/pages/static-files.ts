import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, resolve, sep } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

export type StaticFile = {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  /** Built files carry a hash of their content in their name, so a browser may keep them for good. */
  readonly cache: "public, max-age=31536000, immutable" | "no-cache";
};

/** The two pages that have an address of their own; everything else is called by its file name. */
const PAGES: Readonly<Record<string, string>> = { "/": "/index.html", "/kiosk": "/kiosk.html" };

/**
 * The file under `root` that `pathname` (still percent-encoded) names, or `null`: also for what is not a plain file of a
 * known type inside `root`, and for every path that tries to leave it.
 */
export async function findStatic(root: string, pathname: string): Promise<StaticFile | null> {
  const decoded = decode(PAGES[pathname] ?? pathname);
  if (decoded === null || !/^(?:\/[\w@-][\w@.-]*)+$/u.test(decoded)) return null;
  const type = TYPES[extname(decoded)];
  const path = resolve(root, `.${decoded}`);
  if (type === undefined || !path.startsWith(resolve(root) + sep)) return null;
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) return null;
  const cache = decoded.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  return { path, type, size: found.size, cache };
}

export const openStatic = (file: StaticFile) => createReadStream(file.path);

function decode(pathname: string): string | null {
  try {
    return decodeURIComponent(pathname);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
