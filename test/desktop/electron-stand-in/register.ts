import { registerHooks } from "node:module";

// `node --import` this file: the module "electron" is then our stand-in, for the built main process as it is.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "electron"
      ? { url: new URL("electron.ts", import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
