import { readFileSync } from "node:fs";
import { join } from "node:path";

// Both `src/main/cli.ts` and the built `out/main/cli.js` lie two folders below the package.
const ROOT = join(import.meta.dirname, "..", "..");

const HELP = `chargehand <command> …

  serve     run a site without a window and serve its pages on this machine
  export    write sessions, quarter hours, invoices or the site of a data folder to stdout
  allocate  one decision of the allocator: request on stdin, answer on stdout
  simulate  a whole scenario in virtual time, under any of the policies
  doctor    read, tell, find and simulate single devices

  --help    with a command: what it takes
  --version
`;
const BAD_USE = 2;

/** Runs one command. Each is loaded only when it is asked for, so that none pays for the others. */
async function main([command, ...argv]: readonly string[]): Promise<number> {
  switch (command) {
    case "serve": {
      const [{ serve }, { processSurroundings }] = await Promise.all([
        import("./commands/serve.ts"),
        import("./commands/surroundings.ts"),
      ]);
      // Nothing that a device left open may keep the process alive once the site is closed.
      return process.exit(await serve(argv, processSurroundings(ROOT, versionOf(ROOT))));
    }
    case "export": {
      const { exportCommand } = await import("./commands/export.ts");
      return exportCommand(argv, process);
    }
    case "allocate": {
      const { allocateCommand } = await import("./commands/allocate.ts");
      return allocateCommand(argv, process);
    }
    case "simulate": {
      const { simulateCommand } = await import("./commands/simulate.ts");
      return simulateCommand(argv, process);
    }
    case "doctor": {
      const { doctor } = await import("./commands/doctor.ts");
      const resources = join(ROOT, "resources");
      const { stdin, stdout, stderr } = process;
      let stopping: AbortSignal | null = null;
      return doctor(argv, {
        resources,
        stdin,
        stdout,
        stderr,
        // Who never asks is not one that runs until it is stopped: there Ctrl-C ends the process at once.
        get stop() {
          return (stopping ??= stopSignal());
        },
      });
    }
    case "--help":
    case "-h":
      process.stdout.write(HELP);
      return 0;
    case "--version":
      process.stdout.write(`${versionOf(ROOT)}\n`);
      return 0;
    default:
      process.stderr.write(command === undefined ? HELP : `chargehand has no command "${command}"\n\n${HELP}`);
      return BAD_USE;
  }
}

/** Aborts when a person presses Ctrl-C or the system asks the process to end. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  return stop.signal;
}

function versionOf(root: string): string {
  const described: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version: unknown =
    typeof described === "object" && described !== null && "version" in described ? described.version : null;
  return typeof version === "string" ? version : "unknown";
}

process.exitCode = await main(process.argv.slice(2));
