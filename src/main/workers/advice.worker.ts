import { parentPort } from "node:worker_threads";
import { adviseRotation } from "../../core/phases/index.ts";
import { assert } from "../../core/units/index.ts";
import type { AdviceReply, AdviceRequest } from "../phases/advice-messages.ts";

// Lives through a month of sessions several times: seconds of work that no control cycle may wait for.

const port = parentPort;
assert(port !== null, "this file runs in a worker thread");

function answer({ scenario, within_ms }: AdviceRequest): AdviceReply {
  const began_ms = performance.now();
  try {
    const advice = adviseRotation(scenario, { isOver: () => performance.now() - began_ms > within_ms });
    return { kind: "advice", advice };
  } catch (error) {
    return { kind: "failed", detail: error instanceof Error ? error.message : String(error) };
  }
}

port.once("message", (request: AdviceRequest) => {
  port.postMessage(answer(request));
});
