// Simulated devices in a process of their own: `node test/simulator/simulator-process.ts --points 20 --ocpp-url ws://…`.
import { runSimulator } from "./run-simulator.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stop.abort();
  });
}
process.exitCode = await runSimulator(process.argv.slice(2), {
  input: process.stdin,
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (text) => process.stderr.write(text),
  stop: stop.signal,
});
