// What an agent has written so far, bounded: the newest part as it is, of everything before only the modes that it left.

import { terminalModes } from "./modes.ts";

export interface Past {
  /** Text that ends outside of escape sequences. */
  push(text: string): void;
  /** What rebuilds the screen, in pieces; empties it. */
  take(): string[];
}

/** Enough for the whole scrollback of an emulator, and worked off in a quarter of a second. */
const LIMIT = 2 * 1_048_576;

export function boundedPast(limit = LIMIT): Past {
  const modes = terminalModes();
  let recent: string[] = [];
  let length = 0;
  return {
    push(text) {
      if (text === "") return;
      recent.push(text);
      length += text.length;
      if (length < 2 * limit) return;
      let dropped = 0;
      while (length > limit && dropped < recent.length - 1) {
        const oldest = recent[dropped] as string;
        modes.feed(oldest);
        length -= oldest.length;
        dropped += 1;
      }
      recent = recent.slice(dropped);
    },
    take() {
      const pieces = [modes.text(), ...recent];
      recent = [];
      length = 0;
      return pieces;
    },
  };
}
