// Looks for secrets in bytes as they are and in whatever is encoded in them, encodings within encodings, to a bounded
// depth and with a bounded amount of work: what cannot be looked at within it is not scanned, and says so.

import type { SecretScanner, Severity } from "#domain/secrets/scanner.ts";

import { decodeBase32 } from "./base32.ts";
import { decodeEmbedded } from "./embedded.ts";
import { decodeRuns } from "./encoded-runs.ts";
import { decodeEscapes } from "./escapes.ts";
import type { Decoding, Layer, Span } from "./layer.ts";
import { decodeSpacedHex } from "./spaced-hex.ts";
import { decodeWide } from "./wide-text.ts";

export interface DeepMatch {
  readonly rule: string;
  readonly severity: Severity;
  /** Of the value in the bytes that were given, or of the encoded piece that holds it. */
  readonly start: number;
  readonly end: number;
  /** Outermost first. */
  readonly decodings: readonly Decoding[];
  /** The value itself, decoded: a copy. Never shown. */
  readonly value: Uint8Array;
}

export interface DeepScan {
  readonly matches: readonly DeepMatch[];
  /** Why it was not looked at as a whole; it must be treated as if it was not scanned. */
  readonly unscanned?: string | undefined;
}

export interface DeepOptions {
  /** `+` is a space: in a query or a form. */
  readonly plus?: boolean;
  readonly quoted?: boolean;
}

const MOST_DECODINGS = 4;
/** Bytes scanned for one given, and besides; more than any honest content needs. */
const MOST_WORK = 12;
const SPARE_WORK = 256 * 1024;
const MOST_DECOMPRESSED = 8 * 1024 * 1024;
const MOST_MATCHES = 64;
/** How far around an escape is decoded: values that are longer are found by their beginning. */
const LEAST_REACH = 128;

/** How long others wait for their turn, and pieces that take less. */
const LONGEST_TURN_MS = 5;
const SMALL = 32 * 1024;
const SCANNED_AT_ONCE = 256 * 1024;
/** A compressed file in base64 is found where it is in one part. */
const DECODED_AT_ONCE = 1024 * 1024;
const DECODED_AGAIN = 64 * 1024;

interface Pass {
  readonly scanner: SecretScanner;
  readonly options: DeepOptions;
  readonly matches: DeepMatch[];
  work: number;
  decompress: number;
  unscanned: string | undefined;
}

/** The matches by start. A value found as it stands is not told again for being found in a decoding. */
export function deepScan(scanner: SecretScanner, bytes: Uint8Array, options: DeepOptions = {}): DeepScan {
  const pass = begin(scanner, bytes, options);
  const steps = scanLayer(pass, bytes, [], (start, end) => ({ start, end }));
  while (steps.next().done !== true) {}
  return told(pass);
}

/** The same for much: others get their turn between its steps. `bytes` must stay as they are until it has ended. */
export async function deepScanInSteps(
  scanner: SecretScanner,
  bytes: Uint8Array,
  options: DeepOptions = {},
): Promise<DeepScan> {
  const pass = begin(scanner, bytes, options);
  const steps = scanLayer(pass, bytes, [], (start, end) => ({ start, end }));
  for (let since = performance.now(); steps.next().done !== true;) {
    if (performance.now() - since < LONGEST_TURN_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  }
  return told(pass);
}

function begin(scanner: SecretScanner, bytes: Uint8Array, options: DeepOptions): Pass {
  return {
    scanner,
    options,
    matches: [],
    work: bytes.length * MOST_WORK + SPARE_WORK,
    decompress: MOST_DECOMPRESSED,
    unscanned: undefined,
  };
}

function told({ matches, unscanned }: Pass): DeepScan {
  return { matches: matches.length > 1 ? matches.toSorted((a, b) => a.start - b.start) : matches, unscanned };
}

/** Each step is some milliseconds at most. */
function* scanLayer(
  pass: Pass,
  bytes: Uint8Array,
  decodings: readonly Decoding[],
  outermost: (start: number, end: number) => Span,
): Generator<void, void> {
  pass.work -= bytes.length;
  if (pass.work < 0) return void (pass.unscanned ??= "it is encoded in too many ways to be looked at");
  for (const { from, to, until } of parts(bytes.length, SCANNED_AT_ONCE, pass.scanner.longestMatch)) {
    const { matches, exhausted } = pass.scanner.scan(
      from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to),
    );
    if (exhausted) pass.unscanned ??= "it would take too long to be looked at";
    for (const { rule, severity, start, end: endTold } of matches) {
      if (from + start >= until) continue; // the next part shows the whole of it
      const end = endOfValue(rule, bytes, from + endTold);
      const value = bytes.slice(from + start, end);
      add(pass, { rule, severity, ...outermost(from + start, end), decodings, value });
    }
    if (to < bytes.length) yield;
  }
  if (decodings.length === MOST_DECODINGS) return;
  for (const { from, to } of parts(bytes.length, DECODED_AT_ONCE, DECODED_AGAIN)) {
    const part = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
    for (const decode of DECODERS) {
      if (bytes.length > SMALL) yield;
      for (const layer of decode(pass, part)) {
        yield* scanLayer(pass, layer.bytes, [...decodings, layer.decoding], (start, end) => {
          const inner = layer.sourceOf(start, end);
          return outermost(from + inner.start, from + inner.end);
        });
      }
    }
  }
}

/** All of it where it is not much longer than `size`; else parts, each with the last `again` bytes of the one before. */
function* parts(length: number, size: number, again: number): Generator<{ from: number; to: number; until: number }> {
  if (length <= size + again) return yield { from: 0, to: length, until: length };
  for (let from = 0; ;) {
    const to = from + size + 2 * again;
    if (to >= length) return yield { from, to: length, until: length };
    // What begins in the last bytes may go on, and what stands before a value may announce it.
    yield { from, to, until: to - again };
    from = to - 2 * again;
  }
}

/** Rules are as long as they need be to know a key: the rest of it is no less secret. */
function endOfValue(rule: string, bytes: Uint8Array, told: number): number {
  if (!rule.startsWith("private-key")) return told;
  const most = Math.min(bytes.length, told + MOST_OF_KEY);
  let end = told;
  while (end < most && IS_OF_KEY[bytes[end]!] === 1) end += 1;
  return end;
}

const MOST_OF_KEY = 16 * 1024;
/** Base64, line ends, and the backslash of those that are escaped. */
const IS_OF_KEY = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n\\")
  IS_OF_KEY[char.charCodeAt(0)] = 1;

function add({ matches }: Pass, match: DeepMatch): void {
  if (matches.length >= MOST_MATCHES) return;
  const known = matches.some(
    (other) => other.rule === match.rule && other.start < match.end && match.start < other.end,
  );
  if (!known) matches.push(match);
}

type Decode = (pass: Pass, bytes: Uint8Array) => readonly Layer[];

const DECODERS: readonly Decode[] = [
  ({ options: { plus = false, quoted = false }, scanner }, bytes) =>
    decodeEscapes(bytes, { reach: Math.max(LEAST_REACH, scanner.longestMatch), plus, quoted }),
  (_pass, bytes) => decodeRuns(bytes),
  (_pass, bytes) => one(decodeWide(bytes)),
  (_pass, bytes) => one(decodeBase32(bytes)),
  (_pass, bytes) => one(decodeSpacedHex(bytes)),
  decompress,
];

function one(layer: Layer | undefined): readonly Layer[] {
  return layer === undefined ? [] : [layer];
}

function decompress(pass: Pass, bytes: Uint8Array): readonly Layer[] {
  const { layers, tooLarge } = decodeEmbedded(bytes, pass.decompress);
  if (tooLarge) pass.unscanned ??= "something compressed in it is too large to be looked at";
  for (const layer of layers) {
    // What is decompressed counts as given: it is bounded by itself.
    pass.decompress -= layer.bytes.length;
    pass.work += layer.bytes.length * MOST_WORK;
  }
  return layers;
}
