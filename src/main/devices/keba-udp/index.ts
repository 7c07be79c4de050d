export { answersAt, createKebaSocket, type KebaListener, type KebaSocket } from "./keba-socket.ts";
export { KEBA_TIMEOUT_ms, kebaStation } from "./keba-talk.ts";
