/** What a serial line is set to, as far as time goes: start, data, parity and stop bits of one character. */
export type UartTiming = { readonly baud: number; readonly bitsPerCharacter: number };

type Line = {
  write(bytes: Uint8Array): unknown;
  onData(listener: (bytes: Uint8Array) => void): void;
};

/** Adapters hand characters on in pieces of about this many. */
const PIECE_CHARACTERS = 16;

/**
 * Makes a fast channel as slow as a serial line, in real time: characters pass one after another in whichever
 * direction, and each piece arrives when its last character would have.
 */
export function onUart(channel: Line, { baud, bitsPerCharacter }: UartTiming): Line {
  const character_ms = (1000 * bitsPerCharacter) / baud;
  let free_at_ms = 0;
  const after = (characters: number, act: () => void): void => {
    free_at_ms = Math.max(free_at_ms, performance.now()) + characters * character_ms;
    at(free_at_ms, act);
  };
  return {
    write(bytes) {
      for (let from = 0; from < bytes.length; from += PIECE_CHARACTERS) {
        const piece = bytes.slice(from, from + PIECE_CHARACTERS);
        after(piece.length, () => channel.write(piece));
      }
    },
    onData(listener) {
      channel.onData((bytes) => {
        after(bytes.length, () => {
          listener(bytes);
        });
      });
    },
  };
}

/** Timers count whole milliseconds; what is left below one is waited turn by turn of the event loop. */
const TIMER_STEP_ms = 1;

/** Never early: what arrives before its time would make the line faster than it is. */
function at(due_ms: number, act: () => void): void {
  const again = (): void => {
    at(due_ms, act);
  };
  const left_ms = due_ms - performance.now();
  if (left_ms <= 0) act();
  else if (left_ms > TIMER_STEP_ms) setTimeout(again, left_ms - TIMER_STEP_ms);
  else setImmediate(again);
}
