// Text of at most so many bytes, cut between characters.

export interface BoundedText {
  readonly text: string;
  readonly cut: boolean;
}

/** Its beginning. */
export function firstBytes(text: string, limit: number): BoundedText {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return { text, cut: false };
  let end = limit;
  while (end > 0 && isInside(bytes[end])) end -= 1;
  return { text: bytes.toString("utf8", 0, end), cut: true };
}

/** Its end. */
export function lastBytes(text: string, limit: number): BoundedText {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return { text, cut: false };
  let start = bytes.length - limit;
  while (start < bytes.length && isInside(bytes[start])) start += 1;
  return { text: bytes.toString("utf8", start), cut: true };
}

/** Of a character that began before. */
function isInside(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
