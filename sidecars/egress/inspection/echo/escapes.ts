// Reads a spelling of which any byte may be escaped: percent-encoded (once or more often), as in JSON and JavaScript
// strings (\u002f, \x2f, \/, nested too), or as in HTML and XML (&#47;, &#x2f;, &amp;).

export const PERCENT = 0x25;
export const BACKSLASH = 0x5c;
export const AMPERSAND = 0x26;

export const LINE_FEED = 0x0a;
const PLAIN_END: readonly number[] = [0x0d, LINE_FEED];
const ESCAPED_END: readonly number[] = [BACKSLASH, 0x72, BACKSLASH, 0x6e];
/** Of a spelling, on its first line. Behind a line of text that ends like its first letter nothing is waited for. */
export const LEAST_BEFORE_BREAK = 2;

/** No escape is longer than this many bytes; longer ones are not read. */
export const LONGEST_ESCAPE = 12;

/** Answers of `readEscape` that are no escape: none is there, and what is there might become one. */
export const NOT_ESCAPED = -1;
export const UNFINISHED = -2;

/** The escape at `at`: its value + 256 × its length. Values are bytes. */
export function readEscape(data: Uint8Array, at: number, end: number): number {
  switch (data[at]) {
    case PERCENT:
      return readPercent(data, at, end);
    case BACKSLASH:
      return readBackslash(data, at, end);
    case AMPERSAND:
      return readReference(data, at, end);
    default:
      return NOT_ESCAPED;
  }
}

/** The end of a line at `at`, as it is or as JSON has it: its length; 0 where there is none, UNFINISHED where there might be. */
export function lineEnd(data: Uint8Array, at: number): number {
  const written = data[at] === BACKSLASH ? ESCAPED_END : PLAIN_END;
  let next = at;
  if (data[next] === written[0]) {
    for (const byte of written) {
      if (next >= data.length) return UNFINISHED;
      if (data[next] !== byte) break;
      next += 1;
    }
    if (next - at === written.length) return next - at;
  }
  // The line feed alone.
  const half = written.length / 2;
  for (let index = 0; index < half; index += 1) {
    if (at + index >= data.length) return UNFINISHED;
    if (data[at + index] !== written[half + index]) return 0;
  }
  return half;
}

/**
 * Where `spelling` ends that begins at `start` with its byte number `from`, escapes allowed; NOT_ESCAPED where it is not
 * there, UNFINISHED where the data ends before it does.
 */
export function readEscaped(data: Uint8Array, start: number, end: number, spelling: Uint8Array, from: number): number {
  let at = start;
  for (let index = from; index < spelling.length; index += 1) {
    if (at >= end) return UNFINISHED;
    const broken = index === from || index < LEAST_BEFORE_BREAK ? 0 : lineEnd(data, at); // base64 is written in lines
    if (broken === UNFINISHED) return UNFINISHED;
    at += broken;
    if (at >= end) return UNFINISHED;
    const escape = readEscape(data, at, end);
    if (escape === UNFINISHED) return UNFINISHED;
    if (escape !== NOT_ESCAPED && (escape & 0xff) === spelling[index]) at += escape >> 8;
    else if (data[at] === spelling[index]) at += 1;
    else return NOT_ESCAPED;
  }
  return at;
}

/** `%2f`, and `%252f` for what was encoded again. */
function readPercent(data: Uint8Array, at: number, end: number): number {
  let digits = at + 1;
  while (digits + 1 < end && data[digits] === 0x32 && data[digits + 1] === 0x35 && digits - at < LONGEST_ESCAPE - 4) {
    digits += 2;
  }
  return readHex(data, digits, 2, end, at);
}

function readBackslash(data: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && data[next] === BACKSLASH && next - at < LONGEST_ESCAPE - 6) next += 1;
  if (next >= end) return UNFINISHED;
  const kind = data[next] ?? 0;
  if (kind === 0x78) return readHex(data, next + 1, 2, end, at);
  if (kind === 0x75) {
    for (let zero = next + 1; zero <= next + 2; zero += 1) {
      if (zero >= end) return UNFINISHED;
      if (data[zero] !== 0x30) return NOT_ESCAPED;
    }
    return readHex(data, next + 3, 2, end, at);
  }
  return isAlphanumeric(kind) || kind === BACKSLASH ? NOT_ESCAPED : kind + 256 * (next + 1 - at);
}

const NAMED: readonly (readonly [name: Uint8Array, value: number])[] = [
  [Buffer.from("amp;"), 0x26],
  [Buffer.from("lt;"), 0x3c],
  [Buffer.from("gt;"), 0x3e],
  [Buffer.from("quot;"), 0x22],
  [Buffer.from("apos;"), 0x27],
];

function readReference(data: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return UNFINISHED;
  if (data[at + 1] === 0x23) return readNumber(data, at, end);
  for (const [name, value] of NAMED) {
    let length = 0;
    while (length < name.length && at + 1 + length < end && data[at + 1 + length] === name[length]) length += 1;
    if (length === name.length) return value + 256 * (length + 1);
    if (at + 1 + length >= end) return UNFINISHED;
  }
  return NOT_ESCAPED;
}

/** `&#47;` and `&#x2f;`, with leading zeros too. */
function readNumber(data: Uint8Array, at: number, end: number): number {
  if (at + 2 >= end) return UNFINISHED;
  const isHex = data[at + 2] === 0x78 || data[at + 2] === 0x58;
  let value = 0;
  for (let next = at + (isHex ? 3 : 2); next - at < LONGEST_ESCAPE; next += 1) {
    if (next >= end) return UNFINISHED;
    const byte = data[next] ?? 0;
    if (byte === 0x3b) return value > 0xff ? NOT_ESCAPED : value + 256 * (next + 1 - at);
    const digit = hexDigit(byte);
    if (digit < 0 || (!isHex && digit > 9)) return NOT_ESCAPED;
    value = Math.min(0xffff, value * (isHex ? 16 : 10) + digit);
  }
  return NOT_ESCAPED;
}

function readHex(data: Uint8Array, digits: number, count: number, end: number, at: number): number {
  let value = 0;
  for (let next = digits; next < digits + count; next += 1) {
    if (next >= end) return UNFINISHED;
    const digit = hexDigit(data[next] ?? 0);
    if (digit < 0) return NOT_ESCAPED;
    value = value * 16 + digit;
  }
  return value + 256 * (digits + count - at);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function isAlphanumeric(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}
