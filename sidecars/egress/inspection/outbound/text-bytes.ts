// What reads as text: of what was decoded only that is kept, which is little of anything that was no text before.

/** Printable ASCII, tab and line ends. */
export const IS_TEXT: Uint8Array = new Uint8Array(256).fill(1, 32, 127);
for (const byte of [9, 10, 13]) IS_TEXT[byte] = 1;

/** Bytes of text in a row that are kept. */
export const SHORTEST_TEXT = 10;

/** Whether enough of the bytes are text in a row. */
export function hasText(bytes: Uint8Array, from: number, to: number, least: number = SHORTEST_TEXT): boolean {
  let texts = 0;
  for (let at = from; at < to; at += 1) {
    texts = IS_TEXT[bytes[at]!] === 1 ? texts + 1 : 0;
    if (texts >= least) return true;
  }
  return false;
}
