// How many columns a character takes, for the emulator: as we measure text everywhere else, emoji of two columns included.

import type { Terminal } from "@xterm/headless";

import { widthOf } from "#components/rows.ts";

const VERSION = "as-measured";

/** xterm's own table is of Unicode 6: it takes emoji for one column, and whoever draws them counts two. */
export function measureAsWeDo(emulator: Terminal): void {
  emulator.unicode.register({ version: VERSION, wcwidth, charProperties });
  emulator.unicode.activeVersion = VERSION;
}

const known = new Map<number, 0 | 1 | 2>();

function wcwidth(codepoint: number): 0 | 1 | 2 {
  if (codepoint < 0x7f) return codepoint < 0x20 ? 0 : 1;
  let width = known.get(codepoint);
  if (width === undefined) {
    width = Math.min(2, widthOf(String.fromCodePoint(codepoint))) as 0 | 1 | 2;
    known.set(codepoint, width);
  }
  return width;
}

/** xterm's packing: the width in bits 1 and 2, in bit 0 whether it joins the character before. */
function charProperties(codepoint: number, preceding: number): number {
  const width = wcwidth(codepoint);
  const before = (preceding >> 1) & 3;
  const joins = width === 0 && preceding !== 0 && before > 0;
  return ((joins ? Math.max(width, before) : width) << 1) | (joins ? 1 : 0);
}
