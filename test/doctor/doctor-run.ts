import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { doctor } from "../../src/main/commands/doctor.ts";

const RESOURCES = fileURLToPath(new URL("../../resources", import.meta.url));

export type Ran = { readonly code: number; readonly out: readonly Record<string, unknown>[]; readonly err: string };
const line = z.record(z.string(), z.unknown());

/** Runs `doctor …` in this process; `out` are the lines of JSON it wrote. */
export async function run(argv: readonly string[], stop: AbortSignal = new AbortController().signal): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await doctor(argv, {
    resources: RESOURCES,
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    stop,
  });
  const isJson = out.startsWith("{");
  return {
    code,
    err,
    out: isJson
      ? out
          .trimEnd()
          .split("\n")
          .map((text) => line.parse(JSON.parse(text)))
      : [],
  };
}

export type Simulated = { readonly port: number; readonly stop: () => Promise<number> };

const ready = z.object({ event: z.literal("ready"), port: z.number().default(0) });

/** Starts `doctor simulate …`; resolves when it is ready. */
export async function simulate(argv: readonly string[]): Promise<Simulated> {
  const end = new AbortController();
  const first = Promise.withResolvers<string>();
  const code = doctor(["simulate", ...argv], {
    resources: RESOURCES,
    stdout: {
      write: (text: string) => {
        first.resolve(text);
      },
    },
    stderr: {
      write: (text: string) => {
        first.reject(new Error(text));
      },
    },
    stop: end.signal,
  });
  const { port } = ready.parse(JSON.parse(await first.promise));
  return {
    port,
    stop: () => {
      end.abort();
      return code;
    },
  };
}

export type Folder = {
  readonly path: string;
  readonly site: (links: string, devices: string) => string;
  readonly remove: () => void;
};

/** A folder for site files and data. */
export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "chargehand-doctor-"));
  return {
    path,
    site: (links, devices) => {
      const file = join(path, "site.yaml");
      writeFileSync(
        file,
        `site: {name: Test, timezone: Europe/Berlin, currency: EUR, country: DE}
circuits: [{id: main, name: Main, fuse_A: 63}]
links: [${links}]
${devices}
tariff: {per_kWh: "0.42", vat_percent: 19}
`,
      );
      return file;
    },
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Two ends of a serial line, made by socat. */
export function cable(
  socat: string,
  path: string,
): Promise<{ readonly ours: string; readonly theirs: string; readonly cut: () => void }> {
  const [ours, theirs] = [join(path, "ours"), join(path, "theirs")];
  const process = spawn(socat, ["-d", "-d", `pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${theirs}`]);
  return new Promise((resolve, reject) => {
    let said = "";
    process.once("error", reject);
    process.stderr.on("data", (text: Buffer) => {
      said += text.toString();
      if (said.includes("starting data transfer loop")) resolve({ ours, theirs, cut: () => process.kill() });
    });
  });
}
