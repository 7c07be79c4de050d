// @ts-check
// The engine alone in a process, told over IPC which site to run: { data, stored } starts it; then it reports every
// cycle. `at_ms` is the machine's monotonic clock, which the bench reads too.
import { join } from "node:path";
import { flatTariff } from "../../../src/core/tariff/index.ts";
import { basisPoint, epochMs } from "../../../src/core/units/index.ts";
import { createLog } from "../../../src/main/log.ts";
import { createClock } from "../../../src/main/site/clock.ts";
import { startEngine } from "../../../src/main/site/engine.ts";
import { openDataFolder } from "../../../src/main/storage/index.ts";
import { ROOT } from "../../lib/runtime.mjs";
import { monotonic_ms } from "./figures.mjs";

process.once("message", (message) => {
  void run(/** @type {{ data: string, stored: import("../../../src/main/storage/types.ts").StoredSite }} */ (message));
});
process.once("disconnect", () => process.exit(0));

/** @param {{ data: string, stored: import("../../../src/main/storage/types.ts").StoredSite }} order */
async function run({ data, stored }) {
  const folder = openDataFolder(data, { now_ms: () => Date.now() });
  if (!folder.ok) throw new Error(folder.message);
  const clock = createClock({ speed: 1 });
  folder.stores.site.save(stored, clock.now_ms(), "bench");
  const price = { id: "t", name: "Standard", currency: "EUR", perKWh: "0.42", vat_bp: basisPoint(1900) };
  folder.stores.tariffs.add(flatTariff({ ...price, valid_from_ms: epochMs(0) }));
  const engine = await startEngine({
    folder,
    stored,
    clock,
    speed: 1,
    resources: join(ROOT, "resources"),
    ownProfiles: join(data, "devices"),
    ocpp: { host: "127.0.0.1", port: 0 },
    log: createLog({
      write: (/** @type {string} */ line) => !/"level":[56]0/u.test(line) || process.stderr.write(line),
    }),
    onCycle: ({ took_us, commands }) => {
      process.send?.({ cycle: { at_ms: monotonic_ms(), took_us, commands } });
    },
  });
  process.send?.({ ocppUrl: engine.ocppUrl });
}
