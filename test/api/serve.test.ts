import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { serve, type Surroundings } from "../../src/main/commands/serve.ts";
import { readServeArgs } from "../../src/main/commands/serve-args.ts";
import { plainLine } from "../../src/main/log.ts";
import type { ApplicationOptions, StartResult } from "../../src/main/site/application.ts";
import { fakeApplication, fakeEngine, station } from "./fake-application.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chargehand-serve-"));
  await writeFile(join(folder, "site.yaml"), "site: {}\n");
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

type Seen = { code: number; stdout: string; stderr: string; options: ApplicationOptions | null; isClosed: boolean };

/** Runs the command on a fake site; when it says it is ready, `meanwhile` is called and then the process is asked to end. */
async function run(
  argv: readonly string[],
  start: Partial<{ result: StartResult; meanwhile: (url: string) => Promise<void> }> = {},
): Promise<Seen> {
  const app = fakeApplication(fakeEngine([station("P01")]));
  const seen: Seen = { code: -1, stdout: "", stderr: "", options: null, isClosed: false };
  const around: Surroundings = {
    version: "1.2.3",
    pages: folder,
    resources: folder,
    createApplication: (options) => {
      seen.options = options;
      const application = {
        ...app,
        close: () => {
          seen.isClosed = true;
          return Promise.resolve();
        },
      };
      return Promise.resolve(start.result ?? { ok: true, application });
    },
    renderInvoice: () => Promise.resolve({ ok: true, bytes: new Uint8Array() }),
    stdout: {
      write: (text: string) => {
        seen.stdout += text;
        const ready = readyLine.safeParse(parsed(text));
        if (ready.success)
          void (start.meanwhile?.(ready.data.url) ?? Promise.resolve()).finally(() => process.emit("SIGTERM"));
      },
    },
    stderr: { write: (text: string) => (seen.stderr += text) },
  };
  const listeners = new Map(
    (["SIGINT", "SIGTERM", "uncaughtException", "unhandledRejection"] as const).map((name) => [
      name,
      process.listeners(name),
    ]),
  );
  seen.code = await serve(argv, around);
  for (const [name, before] of listeners) {
    process.removeAllListeners(name);
    for (const listener of before)
      process.on(name, (...args: unknown[]) => void Reflect.apply(listener, process, args));
  }
  return seen;
}

const readyLine = z.strictObject({ event: z.literal("ready"), url: z.string(), ocppUrl: z.string().nullable() });
function parsed(text: string): unknown {
  if (!text.startsWith("{")) return null;
  const value: unknown = JSON.parse(text);
  return value;
}

describe("serve", () => {
  test("says in exactly one line of JSON where it is, and ends with 0 when asked, the site closed", async () => {
    let page = 0;
    const seen = await run(["--data", folder, "--port", "0"], {
      meanwhile: async (url) => {
        page = (await fetch(`${url}/api/info`)).status;
      },
    });
    expect(seen).toMatchObject({ code: 0, isClosed: true });
    expect(page).toBe(200);
    expect(seen.stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(readyLine.parse(JSON.parse(seen.stdout))).toMatchObject({
      event: "ready",
      ocppUrl: "ws://127.0.0.1:1/ocpp",
    });
    expect(new URL(readyLine.parse(JSON.parse(seen.stdout)).url).hostname).toBe("127.0.0.1");
  });

  test("hands the flags to the application", async () => {
    const { options } = await run(["--data", folder, "--port=0", "--ocpp-port", "0", "--demo", "--speed", "60"]);
    expect(options).toMatchObject({
      dataFolder: folder,
      demo: true,
      speed: 60,
      ocpp: { host: "127.0.0.1", port: 0 },
      headless: true,
      siteFile: null,
    });
    expect((await run(["--data", folder, "--port=0", "--site", join(folder, "site.yaml")])).options).toMatchObject({
      siteFile: "site: {}\n",
      demo: false,
    });
  });

  test.each([
    [["--bogus"], "--bogus"],
    [["--data", "d", "extra"], "extra"],
    [["--data"], "--data"],
    [[], "--data DIR"],
    [["--data", "d", "--port", "70000"], '--port "70000"'],
    [["--data", "d", "--port", "8o"], '--port "8o"'],
    [["--data", "d", "--ocpp-port", "-1"], "--ocpp-port"],
    [["--data", "d", "--port", "9000", "--ocpp-port", "9000"], "both 9000"],
    [["--data", "d", "--speed", "0.5"], '--speed "0.5"'],
    [["--data", "d", "--speed", "61"], '--speed "61"'],
    [["--data", "d", "--speed", "fast"], '--speed "fast"'],
    [["--data", "d", "--host", "0.0.0.0"], "no sign-in"],
    [["--data", "d", "--demo", "--site", "x"], "exclude"],
    [["--data", "d", "--site", "/nowhere/site.yaml"], "/nowhere/site.yaml"],
  ])("%j is refused with a sentence and exit code 2, and nothing is started", async (argv, words) => {
    const seen = await run(argv);
    expect(seen).toMatchObject({ code: 2, stdout: "", options: null });
    expect(seen.stderr).toContain(words);
  });

  test("a site file with mistakes names line, field and what is expected, each on a line, and ends with 2", async () => {
    const problems = [
      { line: 3, column: 9, field: "circuits[0].fuse_A", code: "type", expected: "a number above 0" },
      { line: null, column: null, field: "tariff", code: "missing", expected: "a price" },
    ] as const;
    const result: StartResult = {
      ok: false,
      code: "site-invalid",
      message: "the site file has mistakes; nothing was imported.",
      problems: [...problems],
    };
    const file = join(folder, "site.yaml");
    const { code, stdout, stderr } = await run(["--data", folder, "--site", file], { result });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.split("\n").slice(1, 3)).toEqual([
      `${file}:3:9: circuits[0].fuse_A: expected a number above 0`,
      `${file}: tariff: expected a price`,
    ]);
  });

  test("a data folder in use ends with its sentence and 1", async () => {
    const seen = await run(["--data", folder], {
      result: { ok: false, code: "locked", message: "the folder is in use by process 7; end it first" },
    });
    expect(seen).toMatchObject({ code: 1, stdout: "", stderr: "the folder is in use by process 7; end it first\n" });
  });

  test("--help goes to stdout and ends with 0", async () => {
    expect(await run(["--help"])).toMatchObject({ code: 0, stderr: "", options: null });
  });
});

test("chargers may call in from the network, but not to the demo", () => {
  const hostOf = (argv: string[]) => {
    const read = readServeArgs(argv);
    return read.ok ? read.args.ocppHost : null;
  };
  expect(hostOf(["--data", "d"])).toBe("0.0.0.0");
  expect(hostOf(["--data", "d", "--demo"])).toBe("127.0.0.1");
  expect(hostOf(["--data", "d", "--ocpp-host", "10.0.0.4"])).toBe("10.0.0.4");
});

test("a person at a terminal reads plain lines, with the stack of an error below", () => {
  const line = plainLine(
    JSON.stringify({
      level: 40,
      time: "2026-10-15T10:00:00.000Z",
      msg: "slow",
      path: "/x",
      err: { stack: "Error: slow\n at y" },
    }),
  );
  expect(line).toBe("10:00:00 warn  slow path=/x\nError: slow\n at y\n");
});
