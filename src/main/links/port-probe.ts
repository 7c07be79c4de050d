import { connect } from "node:net";

export type PortState = "open" | "refused" | "silent";

/** Makes one connection to `host:port` and ends it at once; nothing is sent. `silent`: no answer within `timeout_ms` (real). */
export function probePort(
  address: { readonly host: string; readonly port: number },
  timeout_ms: number,
  signal: AbortSignal,
): Promise<PortState> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const end = (state: PortState): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      socket.destroy();
      resolve(state);
    };
    const stop = (): void => {
      end("silent");
    };
    const timer = setTimeout(stop, timeout_ms);
    socket.once("connect", () => {
      end("open");
    });
    socket.once("error", (error) => {
      end("code" in error && error.code === "ECONNREFUSED" ? "refused" : "silent");
    });
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
}
