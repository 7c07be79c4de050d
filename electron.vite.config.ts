import { chmodSync, existsSync, globSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type UserConfig } from "electron-vite";
import type { Plugin } from "vite";

const root = import.meta.dirname;

/** Entry name → absolute file, leaving out what does not exist, so a part of the tree builds too. */
function present(entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries)
      .map(([name, file]) => [name, resolve(root, file)] as const)
      .filter(([, file]) => existsSync(file)),
  );
}

/** `out/main/cli.js` is the package's `bin`: it starts with a shebang and may be executed. */
function executableCli(): Plugin {
  return {
    name: "chargehand:executable-cli",
    renderChunk(code, chunk) {
      if (!chunk.isEntry || chunk.name !== "cli" || code.startsWith("#!")) return null;
      return { code: `#!/usr/bin/env node\n${code}`, map: null };
    },
    writeBundle(options, bundle) {
      if (options.dir !== undefined && "cli.js" in bundle) chmodSync(join(options.dir, "cli.js"), 0o755);
    },
  };
}

const workers = Object.fromEntries(
  globSync("src/main/workers/*.ts", { cwd: root, exclude: ["**/*.test.ts"] }).map((file) => [
    `workers/${basename(file, ".ts")}`,
    file,
  ]),
);
const main = present({ index: "src/main/index.ts", cli: "src/main/cli.ts", ...workers });
const preload = present({ index: "src/preload/index.ts" });
const pages = present({
  app: "src/renderer/index.html",
  kiosk: "src/renderer/kiosk.html",
  print: "src/renderer/print.html",
});
const isPresent = (entries: Readonly<Record<string, string>>): boolean => Object.keys(entries).length > 0;

const config: UserConfig = {};

if (isPresent(main)) {
  config.main = {
    plugins: [executableCli()],
    build: {
      rolldownOptions: {
        input: main,
        output: { entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js" },
      },
    },
  };
}

if (isPresent(preload)) {
  config.preload = {
    build: {
      // A sandboxed preload is CommonJS and may require nothing but `electron`: everything else goes in.
      externalizeDeps: false,
      rolldownOptions: { input: preload, output: { format: "cjs", entryFileNames: "[name].cjs" } },
    },
  };
}

if (isPresent(pages)) {
  config.renderer = {
    root: resolve(root, "src/renderer"),
    plugins: [react()],
    build: {
      // The headless server sends these files over the network too, so size counts here.
      minify: true,
      // Our content security policy allows no data: URLs.
      assetsInlineLimit: 0,
      rolldownOptions: { input: pages },
    },
  };
}

export default defineConfig(config);
