import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

const ROOT = join(import.meta.dirname, "../..");
const READY_WITHIN_ms = 90_000;
const END_WITHIN_ms = 60_000;

export type DemoSite = {
  readonly url: string;
  /** Where chargers call in. */
  readonly ocppUrl: string;
  /** One call of the REST API, with the answer as it came. */
  readonly ask: (path: string, body?: unknown) => Promise<unknown>;
  /** Takes the program away as a power cut does. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** The built program with the demo, `speed` times faster than real, on free ports and a folder of its own. */
export const startDemoSite = (speed = 1): Promise<DemoSite> => started(["--demo", "--speed", String(speed)]);

/** The built program with the site of this file, likewise. */
export const startSiteFile = (siteFile: string): Promise<DemoSite> => started(["--site", siteFile]);

/** The bay first whose car came last: it is the likeliest to be there still when a test is done with it. */
export const newestFirst = <S extends { readonly session: { readonly started_at_ms: number } | null }>(
  stations: readonly S[],
): readonly S[] => stations.toSorted((a, b) => (b.session?.started_at_ms ?? 0) - (a.session?.started_at_ms ?? 0));

async function started(site: readonly string[]): Promise<DemoSite> {
  const folder = await mkdtemp(join(tmpdir(), "chargehand-e2e-"));
  const engine = spawn(
    process.execPath,
    [
      join(ROOT, "out/main/cli.js"),
      ...["serve", "--data", folder, ...site, "--port", "0", "--ocpp-port", "0", "--ocpp-host", "127.0.0.1"],
    ],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const { url, ocppUrl } = await ready(engine);
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    if (engine.exitCode !== null || engine.signalCode !== null) return;
    const ended = once(engine, "exit", { signal: AbortSignal.timeout(END_WITHIN_ms) });
    engine.kill(signal);
    await ended;
  };
  return {
    url,
    ocppUrl,
    ask: async (path, body) => {
      const answer = await fetch(`${url}/api${path}`, {
        ...(body === undefined
          ? {}
          : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${path} was answered ${String(answer.status)}: ${await answer.text()}`);
      const read: unknown = await answer.json();
      return read;
    },
    kill: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGTERM");
      await rm(folder, { recursive: true });
    },
  };
}

const readyEvent = z.object({ event: z.literal("ready"), url: z.string(), ocppUrl: z.string() });

async function ready(engine: ChildProcess): Promise<z.infer<typeof readyEvent>> {
  if (engine.stdout === null) throw new Error("the program's output is read through a pipe");
  const lines = createInterface({ input: engine.stdout });
  const late = setTimeout(() => {
    lines.close();
  }, READY_WITHIN_ms);
  try {
    for await (const line of lines) {
      const said = readyEvent.safeParse(line.startsWith("{") ? JSON.parse(line) : null);
      if (said.success) return said.data;
    }
  } finally {
    clearTimeout(late);
  }
  engine.kill("SIGKILL");
  throw new Error("the program ended or said nothing before it was ready; is out/ built?");
}
