/** The arrows of the architecture. Types count too (tsPreCompilationDeps). Tests beside the code may reach further. */
const TEST = "\\.test\\.tsx?$";

/** `name`: what lives in `from` may import only what matches `allowed` (paths below src, or packages). */
const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: "error",
  from: { path: from, pathNot: TEST },
  to: { pathNot: allowed },
});

/** What matches `to` may be imported only from `from`. */
const reserved = (name, comment, to, from) => ({
  name,
  comment,
  severity: "error",
  from: { path: "^src", pathNot: [TEST, ...from] },
  to,
});

const NPM = "^node_modules/";
const PROTOCOL = "^src/main/protocol/";
const LINKS = "^src/main/links/";
const SIMULATOR = "^src/main/simulator/";
const below = (...rooms) => rooms.map((room) => `^src/main/${room}/`);

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two files that need each other are one file, or need a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "What is imported exists and is in package.json.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-test-in-code",
      comment: "Code does not import tests.",
      severity: "error",
      from: { pathNot: TEST },
      to: { path: TEST },
    },

    only("core-sees-nothing", "Core depends on our own core alone.", "^src/core/", ["^src/core/"]),
    only("contract-sees-core", "The contract knows core, zod and oRPC.", "^src/contract/", [
      "^src/(core|contract)/",
      `${NPM}(@orpc/(contract|zod)|zod)/`,
    ]),
    only("protocol-is-pure", "Bytes and values: core, itself and schema checks.", PROTOCOL, [
      "^src/core/",
      PROTOCOL,
      `${NPM}(zod|ajv|ajv-formats)/`,
      "^src/main/protocol/.*\\.json$",
    ]),
    only("preload-hands-over-a-port", "The preload knows electron and the contract.", "^src/preload/", [
      "^src/(preload|contract|core)/",
      `${NPM}electron/`,
      "^electron$",
    ]),
    {
      name: "renderer-sees-contract-and-core",
      comment: "The page reads through the contract.",
      severity: "error",
      from: { path: "^src/renderer/", pathNot: TEST },
      to: { path: "^src/(main|preload)/" },
    },
    {
      name: "renderer-has-no-node",
      comment: "A page has no Node.",
      severity: "error",
      from: { path: "^src/renderer/", pathNot: TEST },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "components-know-no-domain",
      comment: "Components and lib are below screens and features.",
      severity: "error",
      from: { path: "^src/renderer/(components|lib)/", pathNot: TEST },
      to: { path: "^src/renderer/(screens|features|app|kiosk)/" },
    },
    {
      name: "core-is-for-everyone-else-is-not",
      comment: "Nothing imports from the page or the preload.",
      severity: "error",
      from: { path: "^src/(core|contract|main)/" },
      to: { path: "^src/(renderer|preload)/" },
    },

    // Inside main: protocol ← devices → links, devices ← site → storage, site ← api ← {desktop, headless}.
    {
      name: "links-know-bytes",
      comment: "Links carry bytes and know no device.",
      severity: "error",
      from: { path: LINKS, pathNot: TEST },
      to: { path: "^src/main/", pathNot: [LINKS, PROTOCOL, "^src/main/devices/ports\\.ts$"] },
    },
    {
      name: "devices-below-site",
      comment: "Drivers know protocol and links.",
      severity: "error",
      from: { path: "^src/main/devices/", pathNot: TEST },
      to: { path: "^src/main/", pathNot: ["^src/main/devices/", PROTOCOL, LINKS] },
    },
    {
      name: "storage-below-site",
      comment: "Storage knows core and rows.",
      severity: "error",
      from: { path: "^src/main/storage/", pathNot: TEST },
      to: { path: "^src/main/", pathNot: ["^src/main/storage/", "^src/main/devices/ports\\.ts$"] },
    },
    {
      name: "documents-are-rendered-from-values",
      comment: "Documents are given what they print.",
      severity: "error",
      from: { path: "^src/main/documents/", pathNot: TEST },
      to: { path: below("site", "api", "desktop", "headless", "devices", "links", "simulator") },
    },
    {
      name: "site-below-api",
      comment: "The site knows nothing of those who watch it.",
      severity: "error",
      from: { path: "^src/main/site/", pathNot: TEST },
      to: { path: below("api", "desktop", "headless") },
    },
    {
      name: "api-below-shells",
      comment: "The router is the same on every transport.",
      severity: "error",
      from: { path: "^src/main/api/", pathNot: TEST },
      to: { path: below("desktop", "headless", "links") },
    },
    {
      name: "simulator-is-the-other-end-of-the-wire",
      comment: "It meets the application as bytes only; the demo's past year goes in through the stores' types.",
      severity: "error",
      from: { path: SIMULATOR, pathNot: TEST },
      to: { path: below("site", "api", "desktop", "headless", "storage"), pathNot: "^src/main/storage/types\\.ts$" },
    },

    reserved(
      "electron-in-the-desktop-shell",
      "Everything else also runs in plain Node.",
      { path: `${NPM}electron/|^electron$` },
      ["^src/main/desktop/", "^src/main/index\\.ts$", "^src/preload/"],
    ),
    reserved(
      "sqlite-in-storage",
      "One place knows the database.",
      { path: `${NPM}better-sqlite3/|${NPM}@types/better-sqlite3/` },
      ["^src/main/storage/"],
    ),
    reserved("serial-in-links", "One place opens ports.", { path: `${NPM}(serialport|@serialport)/` }, [LINKS]),
    reserved(
      "sockets-in-links",
      "One place opens sockets.",
      { path: `${NPM}(ws|@types/ws)/|^(node:)?(net|dgram|tls)$` },
      [LINKS, SIMULATOR, "^src/main/headless/"],
    ),
    reserved("http-at-the-edges", "HTTP is served by headless and by the OCPP server.", { path: "^(node:)?https?$" }, [
      LINKS,
      SIMULATOR,
      "^src/main/headless/",
    ]),
    reserved("ocpp-server", "The OCPP framing library is used by its driver.", { path: `${NPM}ocpp-rpc/` }, [
      LINKS,
      SIMULATOR,
      "^src/main/devices/ocpp/",
    ]),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "node", "default"],
      extensions: [".ts", ".tsx", ".d.ts", ".js", ".json"],
      mainFields: ["types", "module", "main"],
    },
  },
};
