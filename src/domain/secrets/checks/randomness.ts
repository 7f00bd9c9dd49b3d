// Whether a value looks as if a machine had drawn it.

/** Bits for each character, by how often each one occurs in it; of its first part, where it is long. */
export function entropy(value: string): number {
  const length = Math.min(value.length, LONGEST);
  counts.fill(0);
  let bits = Math.log2(length);
  for (let at = 0; at < length; at += 1) {
    const char = value.charCodeAt(at) & 0xff;
    const before = counts[char]!;
    counts[char] = before + 1;
    bits -= (GAIN[before + 1]! - GAIN[before]!) / length;
  }
  return bits;
}

const LONGEST = 128;
const counts = new Uint8Array(256);
/** n log n, so that each further one of a kind costs an addition. */
const GAIN = Float64Array.from({ length: LONGEST + 1 }, (_, count) => (count === 0 ? 0 : count * Math.log2(count)));

/** Capitals, small letters and digits. */
export function isMixed(value: string): boolean {
  return /[a-z]/.test(value) && /[A-Z]/.test(value) && /[0-9]/.test(value);
}

export function hasDigitAndLetter(value: string): boolean {
  return /[A-Za-z]/.test(value) && /[0-9]/.test(value);
}
