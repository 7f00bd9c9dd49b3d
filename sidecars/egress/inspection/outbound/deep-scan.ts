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
  const pass: Pass = {
    scanner,
    options,
    matches: [],
    work: bytes.length * MOST_WORK + SPARE_WORK,
    decompress: MOST_DECOMPRESSED,
    unscanned: undefined,
  };
  scanLayer(pass, bytes, [], (start, end) => ({ start, end }));
  const { matches, unscanned } = pass;
  return { matches: matches.length > 1 ? matches.toSorted((a, b) => a.start - b.start) : matches, unscanned };
}

function scanLayer(
  pass: Pass,
  bytes: Uint8Array,
  decodings: readonly Decoding[],
  outermost: (start: number, end: number) => Span,
): void {
  pass.work -= bytes.length;
  if (pass.work < 0) return void (pass.unscanned ??= "it is encoded in too many ways to be looked at");
  const { matches, exhausted } = pass.scanner.scan(bytes);
  if (exhausted) pass.unscanned ??= "it would take too long to be looked at";
  for (const { rule, severity, start, end: told } of matches) {
    const end = endOfValue(rule, bytes, told);
    add(pass, { rule, severity, ...outermost(start, end), decodings, value: bytes.slice(start, end) });
  }
  if (decodings.length === MOST_DECODINGS) return;
  for (const layer of decode(pass, bytes)) {
    scanLayer(pass, layer.bytes, [...decodings, layer.decoding], (start, end) => {
      const inner = layer.sourceOf(start, end);
      return outermost(inner.start, inner.end);
    });
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

function decode(pass: Pass, bytes: Uint8Array): Layer[] {
  const { plus = false, quoted = false } = pass.options;
  const reach = Math.max(LEAST_REACH, pass.scanner.longestMatch);
  const layers = [...decodeEscapes(bytes, { reach, plus, quoted }), ...decodeRuns(bytes)];
  for (const layer of [decodeWide(bytes), decodeBase32(bytes), decodeSpacedHex(bytes)])
    if (layer !== undefined) layers.push(layer);
  const embedded = decodeEmbedded(bytes, pass.decompress);
  if (embedded.tooLarge) pass.unscanned ??= "something compressed in it is too large to be looked at";
  for (const layer of embedded.layers) {
    // What is decompressed counts as given: it is bounded by itself.
    pass.decompress -= layer.bytes.length;
    pass.work += layer.bytes.length * MOST_WORK;
    layers.push(layer);
  }
  return layers;
}
