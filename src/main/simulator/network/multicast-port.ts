import { createSocket } from "node:dgram";

const LOOPBACK = "127.0.0.1";
/** Real milliseconds until a datagram that this machine does not turn round is given up. */
const PATIENCE_ms = 1_500;

/**
 * A port on which this machine hears its own group on the loopback interface, tried with one datagram that never leaves
 * it; `null` where the system refuses that.
 */
export async function freeMulticastPort(group: string): Promise<number | null> {
  const hears = createSocket({ type: "udp4", reuseAddr: true });
  const speaks = createSocket("udp4");
  try {
    return await new Promise<number | null>((resolve) => {
      const giveUp = (): void => {
        clearTimeout(timer);
        resolve(null);
      };
      const timer = setTimeout(giveUp, PATIENCE_ms);
      hears.on("error", giveUp);
      speaks.on("error", giveUp);
      hears.once("message", () => {
        clearTimeout(timer);
        resolve(hears.address().port);
      });
      hears.bind(0, () => {
        speaks.bind(0, LOOPBACK, () => {
          try {
            hears.addMembership(group, LOOPBACK);
            speaks.setMulticastInterface(LOOPBACK);
            speaks.setMulticastTTL(0);
            speaks.setMulticastLoopback(true);
            speaks.send(Buffer.of(0), hears.address().port, group, (error) => {
              if (error !== null) giveUp();
            });
          } catch (error) {
            // Systems refuse multicast by a code of theirs; anything else is a mistake of ours.
            if (!(error instanceof Error && "code" in error)) throw error;
            giveUp();
          }
        });
      });
    });
  } finally {
    await Promise.all([closed(hears), closed(speaks)]);
  }
}

const closed = (socket: ReturnType<typeof createSocket>): Promise<void> =>
  new Promise((resolve) => {
    socket.close(() => {
      resolve();
    });
  });
