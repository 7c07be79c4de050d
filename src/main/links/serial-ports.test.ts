import { expect, test } from "vitest";
import { listSerialPorts } from "./serial-ports.ts";

test("serial ports are listed by path, also where udev is missing", async () => {
  for (const port of await listSerialPorts()) expect(port.path).toMatch(/^(?:\/dev\/|COM\d)/u);
});
