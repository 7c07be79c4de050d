// @ts-check
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** @typedef {keyof typeof TOOLS} Tool */

/**
 * What the tests can use beyond npm packages, by its Debian package: names to look for on the PATH, fixed places, a file
 * that must be there too, and what needs it.
 */
export const TOOLS = /** @type {const} */ ({
  chromium: {
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    places: [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    neededBy: "the tests that drive a browser, and the pictures of screens and invoices",
  },
  socat: { names: ["socat"], places: [], neededBy: "the tests over a serial line" },
  mbpoll: { names: ["mbpoll"], places: [], neededBy: "the tests of our Modbus servers with a client of other hands" },
  openssl: {
    names: ["openssl"],
    places: [],
    neededBy: "the tests of our certificates and of TLS with a client of other hands",
  },
  // Debian's own Python is the one that its package belongs to.
  "python3-pymodbus": {
    names: [],
    places: ["/usr/bin/python3"],
    file: "/usr/lib/python3/dist-packages/pymodbus/__init__.py",
    neededBy: "the tests of our Modbus client with a server of other hands",
  },
});

/** @typedef {{ names: readonly string[], places: readonly string[], file?: string }} Program */

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Any reason not to be executable means the same here: this is not the program we look for.
    return false;
  }
}

/** Absolute path of the program, or null when this machine does not have it. `CHARGEHAND_WITHOUT=chromium,socat` hides programs. @param {Tool} tool @returns {string | null} */
export function toolPath(tool) {
  if ((process.env["CHARGEHAND_WITHOUT"] ?? "").split(",").includes(tool)) return null;
  const { names, places, file = null } = /** @type {Program} */ (TOOLS[tool]);
  if (file !== null && !existsSync(file)) return null;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...places];
  return candidates.find(isExecutable) ?? null;
}

/** Those of our tools that this machine does not have. @returns {Tool[]} */
export function missingTools() {
  return /** @type {Tool[]} */ (Object.keys(TOOLS)).filter((tool) => toolPath(tool) === null);
}

/** The one command that makes the tests run which need these programs. @param {readonly Tool[]} tools */
export function enableCommand(tools) {
  return process.platform === "darwin"
    ? `brew install ${tools.join(" ")}`
    : `sudo apt-get update && sudo apt-get install -y ${tools.join(" ")}`;
}
