import type { ByteLink } from "../links/byte-link.ts";

/** Its code tells it from a fault of ours, as the codes of sockets do. */
class NotOpened extends Error {
  readonly code = "ERR_PORT_NOT_OPENED";
}

/** Opens `link` and resolves when it is up; where the system refuses, frees it and rejects with the system's words. */
export async function opened(link: ByteLink): Promise<void> {
  const first = new Promise<string | null>((resolve) => {
    link.onState((state) => {
      if (state.kind === "up") resolve(null);
      if (state.kind === "down") resolve(state.detail);
    });
  });
  link.open();
  const refused = await first;
  if (refused === null) return;
  await link.close();
  throw new NotOpened(`${link.name}: ${refused}`);
}
