// Git's framing of lines: four hexadecimal digits with the length of all, then the line; `0000` ends a section.

export const FLUSH = "0000";
const MOST_LINE = 65_520;

export function pktLine(text: string): string {
  const length = Buffer.byteLength(text) + 4;
  if (length > MOST_LINE) throw new RangeError("a pkt-line has at most 65,516 bytes");
  return length.toString(16).padStart(4, "0") + text;
}

/** What git prints as `fatal: remote error: <text>`, whichever version of the protocol it speaks. */
export function errorLine(text: string): string {
  return pktLine(`ERR ${text.replaceAll(/\s+/g, " ").trim().slice(0, 2000)}\n`);
}

export type PktLength =
  | { readonly kind: "line"; readonly length: number }
  /** Flush, delimiter, end of response: no line follows. */
  | { readonly kind: "special" }
  | { readonly kind: "bad" };

/** `head`: four bytes. */
export function pktLength(head: string): PktLength {
  if (!/^[0-9a-fA-F]{4}$/.test(head)) return { kind: "bad" };
  const length = Number.parseInt(head, 16);
  if (length <= 2) return { kind: "special" };
  return length === 3 || length > MOST_LINE ? { kind: "bad" } : { kind: "line", length };
}
