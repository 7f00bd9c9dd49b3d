// Base32 (RFC 4648) in capitals or in small letters, as names of hosts have it. Where its groups of eight begin is not known:
// all eight ways are tried.

import { type Layer, LayerBuilder } from "./layer.ts";
import { IS_TEXT, SHORTEST_TEXT } from "./text-bytes.ts";

const SHORTEST_RUN = 20;
const NONE = 255;
const CAPITALS = table("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
const SMALL = table("abcdefghijklmnopqrstuvwxyz234567");

export function decodeBase32(bytes: Uint8Array): Layer | undefined {
  const into = new LayerBuilder<number>();
  for (let at = SHORTEST_RUN - 1; at < bytes.length; at += SHORTEST_RUN) {
    const byte = bytes[at]!;
    const values = CAPITALS[byte] !== NONE ? CAPITALS : SMALL;
    if (values[byte] === NONE) continue;
    // A digit is in both: what stands beside it tells.
    const end = runAt(bytes, at, values, into) || (byte < 0x41 ? runAt(bytes, at, SMALL, into) : 0);
    if (end > 0) at = end - 1;
  }
  return into.build("base32", (firstBit, start, end) => ({
    start: Math.floor((firstBit + start * 8) / 5),
    end: Math.ceil((firstBit + end * 8) / 5),
  }));
}

/** The end of the run that `at` is in; 0 where it is too short. */
function runAt(bytes: Uint8Array, at: number, values: Uint8Array, into: LayerBuilder<number>): number {
  let from = at;
  while (from > 0 && at - from < SHORTEST_RUN && values[bytes[from - 1]!] !== NONE) from -= 1;
  let to = at + 1;
  while (to < bytes.length && values[bytes[to]!] !== NONE) to += 1;
  if (to - from < SHORTEST_RUN) return 0;
  for (let phase = 0; phase < 8; phase += 1) keep(bytes, from + phase, to, values, into);
  return to;
}

/** Of what it decodes to, the parts that read as text: little of anything that is no base32. */
function keep(bytes: Uint8Array, from: number, to: number, values: Uint8Array, into: LayerBuilder<number>): void {
  let { bytes: out, at } = into.open(Math.ceil(((to - from) * 5) / 8));
  let end = at;
  let bits = 0;
  let held = 0;
  for (let index = from; index < to; index += 1) {
    held = ((held << 5) | values[bytes[index]!]!) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    const byte = (held >> bits) & 0xff;
    if (IS_TEXT[byte] === 1) {
      out[end] = byte;
      end += 1;
      continue;
    }
    if (end - at >= SHORTEST_TEXT) {
      into.commit(end, (index + 1) * 5 - bits - 8 - (end - at) * 8);
      ({ bytes: out, at } = into.open(Math.ceil(((to - index) * 5) / 8)));
    }
    end = at;
  }
  if (end - at >= SHORTEST_TEXT) into.commit(end, to * 5 - bits - (end - at) * 8);
}

function table(letters: string): Uint8Array {
  const values = new Uint8Array(256).fill(NONE);
  for (const [value, letter] of letters.split("").entries()) values[letter.charCodeAt(0)] = value;
  return values;
}
