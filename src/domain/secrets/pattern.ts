// The language that formats are written in: regular expressions that need no backtracking, read into steps over bytes.
//
// A pattern is a row of characters (`\` escapes the special ones) and classes (`[A-Za-z0-9_-]`, `[^…]`, `\s`), each with
// an optional `{n}`, `{n,m}` or `?`, and at most one group, which is the value. There are no alternatives and no nesting, and
// a step that may vary in length takes all it can: what follows it must not fit it. So each match costs at most its length.

/** A row of 256: 1 for each byte that fits. */
export type ByteClass = Uint8Array;

export interface Step {
  readonly fits: ByteClass;
  readonly atLeast: number;
  readonly atMost: number;
}

export interface Pattern {
  readonly steps: readonly Step[];
  /** The steps of the value: from, and up to but not with. */
  readonly value: { readonly from: number; readonly to: number };
  /** Bytes, at most. */
  readonly longest: number;
}

const LINE_ENDS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
const QUANTIFIER = /^(?:\{(\d+)(?:,(\d+))?\}|(\?))/;

export function readPattern(source: string): Pattern {
  const steps: Step[] = [];
  let from = 0;
  let to: number | undefined;
  let at = 0;
  while (at < source.length) {
    if (source[at] === "(" || source[at] === ")") {
      if (source[at] === "(") from = steps.length;
      else to = steps.length;
      at += 1;
      continue;
    }
    const atom = readAtom(source, at);
    at += atom.length;
    const quantifier = QUANTIFIER.exec(source.slice(at, at + 12));
    at += quantifier?.[0].length ?? 0;
    steps.push({ fits: atom.fits, ...times(quantifier) });
  }
  const longest = steps.reduce((sum, { atMost }) => sum + atMost, 0);
  return { steps, value: { from, to: to ?? steps.length }, longest };
}

/** `[A-Z]` alone. */
export function readClass(source: string): ByteClass {
  return readAtom(source, 0).fits;
}

export function onlyByte(byte: number): ByteClass {
  const key = `byte ${byte}`;
  let fits = known.get(key);
  if (fits === undefined) {
    fits = new Uint8Array(256);
    fits[byte] = 1;
    known.set(key, fits);
  }
  return fits;
}

/** A step that may take what the next one must have: such a pattern would miss what a regular expression finds. */
export function ambiguousStep(pattern: Pattern): number | undefined {
  const found = pattern.steps.findIndex(
    ({ fits, atLeast, atMost }, index) =>
      atLeast !== atMost &&
      followers(pattern, index).some((next) => next.some((bit, byte) => bit === 1 && fits[byte] === 1)),
  );
  return found === -1 ? undefined : found;
}

function followers({ steps }: Pattern, index: number): ByteClass[] {
  const rest = steps.slice(index + 1);
  const firm = rest.findIndex(({ atLeast }) => atLeast > 0);
  return rest.slice(0, firm + 1).map(({ fits }) => fits);
}

function times(quantifier: RegExpExecArray | null): { atLeast: number; atMost: number } {
  if (quantifier === null) return { atLeast: 1, atMost: 1 };
  const [, least, most, optional] = quantifier;
  if (optional !== undefined) return { atLeast: 0, atMost: 1 };
  return { atLeast: Number(least), atMost: Number(most ?? least) };
}

function readAtom(source: string, at: number): { fits: ByteClass; length: number } {
  const text = source[at] === "[" ? bracketsAt(source, at) : source.slice(at, at + (source[at] === "\\" ? 2 : 1));
  let fits = known.get(text);
  if (fits === undefined) {
    fits = text[0] === "[" ? readBrackets(text) : withCharacter(text);
    known.set(text, fits);
  }
  return { fits, length: text.length };
}

/** Most classes are those of many patterns: each is made once. */
const known = new Map<string, ByteClass>();

function bracketsAt(source: string, open: number): string {
  for (let at = open + 1; at < source.length; at += 1) {
    if (source[at] === "]") return source.slice(open, at + 1);
    if (source[at] === "\\") at += 1;
  }
  throw new Error(`a class without its end: ${source}`);
}

function withCharacter(text: string): ByteClass {
  const fits = new Uint8Array(256);
  addCharacter(fits, text, 0);
  return fits;
}

function readBrackets(text: string): ByteClass {
  const fits = new Uint8Array(256);
  const inverted = text[1] === "^";
  for (let at = inverted ? 2 : 1; at < text.length - 1;) {
    if (text[at] !== "\\" && text[at + 1] === "-" && at + 2 < text.length - 1) {
      fits.fill(1, text.charCodeAt(at), text.charCodeAt(at + 2) + 1);
      at += 3;
    } else at += addCharacter(fits, text, at);
  }
  return inverted ? fits.map((bit) => 1 - bit) : fits;
}

function addCharacter(fits: ByteClass, source: string, at: number): number {
  const escaped = source[at] === "\\";
  const char = source[escaped ? at + 1 : at]!;
  // The bytes of \s in a regular expression over latin1, so that both find the same.
  if (escaped && char === "s") for (const byte of [9, 10, 11, 12, 13, 32, 0xa0]) fits[byte] = 1;
  else fits[(escaped ? (LINE_ENDS[char] ?? char) : char).charCodeAt(0)] = 1;
  return escaped ? 2 : 1;
}

export interface Members {
  readonly bytes: readonly number[];
  readonly key: string;
  /** Roughly how often one of them is met in text and code: only the order matters. */
  readonly frequency: number;
}

const members = new WeakMap<ByteClass, Members>();

export function membersOf(fits: ByteClass): Members {
  const counted = members.get(fits);
  if (counted !== undefined) return counted;
  const bytes: number[] = [];
  for (let byte = 0; byte < 256; byte += 1) if (fits[byte] === 1) bytes.push(byte);
  const found = { bytes, key: bytes.join(), frequency: bytes.reduce((sum, byte) => sum + frequency(byte), 0) };
  members.set(fits, found);
  return found;
}

const BY_FREQUENCY = " etaoinsrlhdcumpfgywbvkxjqz";

function frequency(byte: number): number {
  const place = BY_FREQUENCY.indexOf(String.fromCharCode(byte));
  if (place !== -1) return 27 - place;
  if (byte >= 0x80) return 0.5;
  // In code, digits and what stands between words are met as often as letters; capitals are not, but for A in source maps.
  if (byte === 0x41) return 12;
  // `://` stands in each address.
  if (byte === 0x2f || byte === 0x3a) return 30;
  return byte >= 0x41 && byte <= 0x5a ? 3 : 8;
}
