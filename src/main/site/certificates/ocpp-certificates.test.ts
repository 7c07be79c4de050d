import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../../log.ts";
import { openDataFolder } from "../../storage/index.ts";
import { createVirtualClock } from "../clock.ts";
import { keepOcppCertificates } from "./ocpp-certificates.ts";

test("a damaged authority is an alert also when the door does not take what there is to show; no line has a key", async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), "chargehand-tls-"));
  const folder = openDataFolder(dataFolder, { now_ms: () => 0 });
  onTestFinished(() => {
    if (folder.ok) folder.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });
  if (!folder.ok) throw new Error(folder.message);
  const { stores } = folder;
  const lines: string[] = [];
  const options = {
    dataFolder,
    listensOn: "127.0.0.1",
    stores,
    clock: createVirtualClock(Date.UTC(2026, 5, 1)),
    log: createLog({ write: (line: string) => lines.push(line) }),
  };
  const first = await keepOcppCertificates({ ...options, door: { showCertificates: () => undefined } });
  first.stop();
  expect(stores.alerts.open()).toEqual([]);
  writeFileSync(join(dataFolder, "tls", "ca-private.pem"), "a disk that failed");
  const second = await keepOcppCertificates({
    ...options,
    door: {
      showCertificates: () => {
        throw new Error("ee key too small");
      },
    },
  });
  second.stop();
  expect(stores.alerts.open()).toMatchObject([{ code: "ocpp-certificates", inputs: { code: "ca-damaged" } }]);
  expect(lines.join("\n")).toContain("ee key too small");
  expect(lines.join("\n")).not.toMatch(/PRIVATE KEY|BEGIN|MII/u);
});
