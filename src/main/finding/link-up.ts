import type { ByteLink, LinkState } from "../links/byte-link.ts";

/** Waits for the first attempt to open `link`: up, or down with the system's own words. Times are real milliseconds. */
export function linkUp(
  link: ByteLink,
  timeout_ms: number,
  signal?: AbortSignal,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly detail: string }> {
  return new Promise((resolve) => {
    const look = (state: LinkState): void => {
      if (state.kind === "up") resolve({ ok: true });
      // Before the first attempt it is down too, and nothing has gone wrong yet.
      else if (state.kind === "down" && state !== atFirst) resolve({ ok: false, detail: state.detail });
      else return;
      clearTimeout(timer);
    };
    const timer = setTimeout(() => {
      resolve({ ok: false, detail: `${link.name}: not open after ${String(timeout_ms)} ms` });
    }, timeout_ms);
    const { state: atFirst } = link;
    link.onState(look);
    if (atFirst.kind === "up") look(atFirst);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve({ ok: false, detail: "stopped" });
      },
      { once: true },
    );
  });
}
