// A path as git prints it (core.quotePath): as it is, or in quotation marks with what is unusual written as in C.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': QUOTE,
  "\\": BACKSLASH,
};

/** Throws when the quoting is broken. */
export function unquotePath(printed: Buffer): Buffer {
  if (printed[0] !== QUOTE) return Buffer.from(printed);
  if (printed.length < 2 || printed[printed.length - 1] !== QUOTE)
    throw new Error("git's patch has a path that is cut");
  const path = Buffer.alloc(printed.length);
  let length = 0;
  for (let at = 1; at < printed.length - 1; at += 1) {
    let byte = printed[at]!;
    if (byte === BACKSLASH) {
      const digits = /^[0-3][0-7]{2}/.exec(printed.toString("latin1", at + 1, at + 4))?.[0];
      const escaped =
        digits === undefined ? ESCAPES[String.fromCharCode(printed[at + 1]!)] : Number.parseInt(digits, 8);
      if (escaped === undefined) throw new Error("git's patch has a path with an unknown escape");
      byte = escaped;
      at += digits === undefined ? 1 : 3;
    }
    path[length] = byte;
    length += 1;
  }
  return path.subarray(0, length);
}
