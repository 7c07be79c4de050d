import { join } from "node:path";
import { startDesktop } from "./desktop/start.ts";

// `out/main/index.js` lies two folders below the package, as this file does. Not awaited: Electron becomes ready only
// when this module has been loaded.
void startDesktop(join(import.meta.dirname, "..", ".."));
