import { writeSync } from "node:fs";
import { epochMs, wattHour } from "../../src/core/units/index.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";

// A process of its own for the tests of lock and durability: `hold` opens the folder and waits to be killed; `write`
// writes facts as fast as it can and says on stdout what is stored, each line only after the call has returned.

const [mode, folder = ""] = process.argv.slice(2);
const say = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};

const opened = openDataFolder(folder, { now_ms: () => Date.now() });
say(opened.ok ? { open: true, pid: process.pid } : { open: false, code: opened.code, message: opened.message });
if (opened.ok && mode === "hold") setInterval(() => undefined, 1000);
if (opened.ok && mode === "write") {
  const { sessions, tariffs } = opened.stores;
  tariffs.add({ id: "flat-1", name: "Standard", currency: "EUR", valid_from_ms: epochMs(0), elements: [] });
  for (let round = 0; ; round += 1) {
    for (let bay = 0; bay < 20; bay += 1) {
      const id = `session-${String(bay)}`;
      const at_ms = epochMs(1_760_000_000_000 + round * 60_000);
      const register_Wh = wattHour(1000 * bay + round);
      if (round === 0) {
        const start = {
          evseId: 1,
          transactionId: bay,
          idToken: null,
          started_at_ms: at_ms,
          received_at_ms: at_ms,
          start_Wh: register_Wh,
        };
        sessions.open({ id, stationId: `P${String(bay)}`, ...start }, "flat-1");
      } else {
        sessions.addRegister(id, { at_ms, received_at_ms: at_ms, register_Wh });
      }
      say({ id, register_Wh });
    }
  }
}
