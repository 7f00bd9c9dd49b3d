// Whether a value looks as if a machine had drawn it.

/** Bits for each character, by how often each one occurs in it. */
export function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

/** Capitals, small letters and digits. */
export function isMixed(value: string): boolean {
  return /[a-z]/.test(value) && /[A-Z]/.test(value) && /[0-9]/.test(value);
}

export function hasDigitAndLetter(value: string): boolean {
  return /[A-Za-z]/.test(value) && /[0-9]/.test(value);
}
