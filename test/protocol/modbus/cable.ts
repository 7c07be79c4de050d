import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Cable = {
  readonly ours: string;
  readonly theirs: string;
  /** Removes both ends; resolves when they are gone. */
  readonly pull: () => Promise<void>;
  readonly plug: () => Promise<void>;
  /** Pulls it for good and leaves nothing behind. */
  readonly remove: () => Promise<void>;
};

/** Two ends of a serial line, made by socat. */
export async function layCable(socat: string): Promise<Cable> {
  const folder = await mkdtemp(join(tmpdir(), "chargehand-line-"));
  const ours = join(folder, "ours");
  const theirs = join(folder, "theirs");
  let child: ChildProcess | null = null;
  const plug = async (): Promise<void> => {
    const started = spawn(socat, ["-d", "-d", `pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${theirs}`]);
    child = started;
    await new Promise<void>((resolve, reject) => {
      started.once("error", reject);
      started.stderr.on("data", (text: Buffer) => {
        if (text.includes("starting data transfer loop")) resolve();
      });
    });
  };
  const pull = async (): Promise<void> => {
    const running = child;
    child = null;
    if (running?.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill();
    await ended;
  };
  await plug();
  const remove = async (): Promise<void> => {
    await pull();
    await rm(folder, { recursive: true, force: true });
  };
  return { ours, theirs, pull, plug, remove };
}
