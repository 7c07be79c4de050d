// @ts-check
// `npm start`: the desktop app where it can be shown, else the same site headless, with the reason and the address.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { become, passThrough, ROOT, say } from "./lib/runtime.mjs";
import { prepare } from "./prepare.mjs";

const HELP = `npm start -- [--demo] [--speed X] [--data DIR] [--headless] [flags of "chargehand serve"]

Opens Chargehand in a window; without Electron's binary or a display, or with --headless, it runs
without one and prints the address to open in a browser. Ctrl-C ends it.

  --demo       a simulated site of 12 charging points, in a data folder of its own
  --data DIR   the data folder; default: ${defaultData(false)}
`;

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (!(await prepare({ build: true }))) process.exit(1);
const wanted = args.filter((arg) => arg !== "--headless");
const isData = (/** @type {string} */ arg) => arg === "--data" || arg.startsWith("--data=");
const flags = wanted.some(isData) ? wanted : ["--data", defaultData(wanted.includes("--demo")), ...wanted];
const electron = electronPath();
const obstacle = args.includes("--headless") ? "as asked" : whyNoWindow(electron);
if (obstacle === null && electron !== null) {
  await passThrough(electron, [ROOT, ...flags]);
} else {
  say(`running without a window (${obstacle ?? "as asked"}); the address follows, Ctrl-C ends it`);
  announceAddress();
  await become(join(ROOT, "out", "main", "cli.js"), ["serve", ...flags]);
}

/** Where an application keeps its data on this system. The demo never shares a folder with a real site. @param {boolean} isDemo */
function defaultData(isDemo) {
  const name = isDemo ? "chargehand-demo" : "chargehand";
  if (process.platform === "win32") return join(process.env["APPDATA"] ?? join(homedir(), "AppData", "Roaming"), name);
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", name);
  return join(process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), name);
}

/** Electron's binary, or null. Electron's own lookup is avoided: it downloads what it does not find. */
function electronPath() {
  const folder = join(ROOT, "node_modules", "electron");
  const pathFile = join(folder, "path.txt");
  if (!existsSync(pathFile)) return null;
  const binary = join(
    process.env["ELECTRON_OVERRIDE_DIST_PATH"] ?? join(folder, "dist"),
    readFileSync(pathFile, "utf8").trim(),
  );
  return existsSync(binary) ? binary : null;
}

/** @param {string | null} binary */
function whyNoWindow(binary) {
  if (binary === null) return 'Electron\'s binary is not installed; "npx install-electron" fetches it';
  if (process.platform !== "linux") return null;
  if (!process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"]) return "there is no display";
  return process.getuid?.() === 0 ? "Electron keeps its sandbox and therefore does not run as root" : null;
}

/** When `serve` reports that it is ready, says the address in words, after the line itself. */
function announceAddress() {
  const write = process.stdout.write.bind(process.stdout);
  const { stdout } = process;
  stdout.write = /** @type {typeof stdout.write} */ (
    (/** @type {Parameters<typeof stdout.write>} */ ...parts) => {
      const isWritten = write(...parts);
      const url = /"event":"ready".*?"url":"([^"]+)"/.exec(String(parts[0]))?.[1];
      if (url !== undefined) {
        stdout.write = write;
        say(`open ${url} in a browser`);
      }
      return isWritten;
    }
  );
}
