// Looks for secrets in bytes as they are and in whatever is encoded in them, encodings within encodings, to a bounded
// depth and with a bounded amount of work: what cannot be looked at within it is not scanned, and says so.

import type { SecretScanner, Severity } from "#domain/secrets/scanner.ts";

import { decodeBase32 } from "./base32.ts";
import { type Allowance, allowanceFor, embeddedLayers, type Kind, type Piece } from "./embedded.ts";
import { decodeRuns, type EncodedPiece } from "./encoded-runs.ts";
import { endOfValue } from "./end-of-value.ts";
import { decodeEscapes } from "./escapes.ts";
import type { Decoding, Layer, Span } from "./layer.ts";
import { parts } from "./parts.ts";
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

/** A compressed piece that is not read to its end. */
export interface OpenPiece {
  /** Of its first byte, or of the first letter that encodes it. */
  readonly at: number;
  readonly kind: Kind;
  readonly encoding: "none" | EncodedPiece["encoding"];
}

export interface DeepScan {
  /** Of those that are only noted, the first few. */
  readonly matches: readonly DeepMatch[];
  /** Of all that was found: nothing of it is shown. */
  readonly spans: readonly Span[];
  /** Only when somebody follows them. */
  readonly open: readonly OpenPiece[];
  /** Why it was not looked at as a whole; it must be treated as if it was not scanned. */
  readonly unscanned?: string | undefined;
}

export interface DeepOptions {
  /** `+` is a space: in a query or a form. */
  readonly plus?: boolean;
  readonly quoted?: boolean;
  /**
   * Somebody reads on in compressed pieces that are too `large` to be looked at at once; or in `all` that are not read to
   * their end, for more bytes come.
   */
  readonly follows?: "large" | "all";
}

/** Honest ones are fewer; with each of JSON within JSON the backslashes double. */
const MOST_DECODINGS = 16;
/** Bytes scanned for one given, and besides; more than any honest content needs. */
const MOST_WORK = 12;
const SPARE_WORK = 256 * 1024;
/** With more than these it is not scanned. */
const MOST_BLOCKING = 2048;
/** More are not told. */
const MOST_NOTED = 64;
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
  readonly length: number;
  readonly matches: DeepMatch[];
  /** Of what is found beyond those that are told. */
  readonly untold: Span[];
  readonly open: OpenPiece[];
  readonly allowance: Allowance;
  blocking: number;
  work: number;
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
    length: bytes.length,
    matches: [],
    untold: [],
    open: [],
    allowance: allowanceFor(bytes.length),
    blocking: 0,
    work: bytes.length * MOST_WORK + SPARE_WORK,
    unscanned: undefined,
  };
}

function told({ matches: found, untold, open, unscanned }: Pass): DeepScan {
  const matches = found.length > 1 ? found.toSorted((a, b) => a.start - b.start) : found;
  return { matches, spans: untold.length === 0 ? matches : [...matches, ...untold], open, unscanned };
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
  for (const { layer, from } of layersOf(pass, bytes, decodings, outermost)) {
    if (layer === undefined) yield;
    else if (decodings.length === MOST_DECODINGS)
      return void (pass.unscanned ??= "it is encoded too many times over to be looked at");
    else
      yield* scanLayer(pass, layer.bytes, [...decodings, layer.decoding], (start, end) => {
        const inner = layer.sourceOf(start, end);
        return outermost(from + inner.start, from + inner.end);
      });
  }
}

interface PlacedLayer {
  /** Undefined between two steps. */
  readonly layer: Layer | undefined;
  /** Where the bytes begin that its places are in. */
  readonly from: number;
}

function* layersOf(
  pass: Pass,
  bytes: Uint8Array,
  decodings: readonly Decoding[],
  outermost: (start: number, end: number) => Span,
): Generator<PlacedLayer, void> {
  for (const { from, to } of parts(bytes.length, DECODED_AT_ONCE, DECODED_AGAIN)) {
    const part = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
    for (const decode of DECODERS) {
      if (bytes.length > SMALL) yield { layer: undefined, from };
      for (const layer of decode(pass, part)) yield { layer, from };
    }
    if (bytes.length > SMALL) yield { layer: undefined, from };
    for (const layer of decodedRuns(pass, part, { decodings, from, goesOn: to < bytes.length, outermost }))
      yield { layer, from };
  }
  for (const layer of decompressed(pass, bytes, decodings.length === 0)) yield { layer, from: 0 };
}

function add(pass: Pass, match: DeepMatch): void {
  const { matches } = pass;
  const blocks = match.severity === "block";
  if (!blocks && matches.length - pass.blocking >= MOST_NOTED) return void pass.untold.push(match);
  const known = matches.some(
    (other) => other.rule === match.rule && other.start < match.end && match.start < other.end,
  );
  if (known) return;
  if (blocks && pass.blocking >= MOST_BLOCKING)
    return void (pass.unscanned ??= "there are more secrets in it than can be dealt with");
  if (blocks) pass.blocking += 1;
  matches.push(match);
}

type Decode = (pass: Pass, bytes: Uint8Array) => readonly Layer[];

const DECODERS: readonly Decode[] = [
  ({ options: { plus = false, quoted = false }, scanner }, bytes) =>
    decodeEscapes(bytes, { reach: Math.max(LEAST_REACH, scanner.longestMatch), plus, quoted }),
  (_pass, bytes) => one(decodeWide(bytes)),
  (_pass, bytes) => one(decodeBase32(bytes)),
  (_pass, bytes) => one(decodeSpacedHex(bytes)),
];

function one(layer: Layer | undefined): readonly Layer[] {
  return layer === undefined ? [] : [layer];
}

/** Of a shorter one too little is there to tell: it is seen again with what follows. */
const SHORTEST_START = 512;
/** How far from the end of the bytes a piece may end that goes on behind it: a group of letters that is cut. */
const CUT = 64;

interface Within {
  readonly decodings: readonly Decoding[];
  /** Where the part begins that is looked at. */
  readonly from: number;
  /** More of the same bytes comes in the next part. */
  readonly goesOn: boolean;
  readonly outermost: (start: number, end: number) => Span;
}

/** Whoever follows reads what is base64 or hex in plain bytes. */
function decodedRuns(pass: Pass, bytes: Uint8Array, within: Within): readonly Layer[] {
  const { decodings, from, goesOn, outermost } = within;
  const { follows } = pass.options;
  const { layers, pieces } = decodeRuns(bytes, pass.allowance);
  if (!goesOn && follows !== "all") return layers;
  for (const { at, to, kind, encoding, seen } of pieces) {
    const isEscaped = decodings.length === 0 && isEscapedSlash(bytes, to) && isKnownSoon(kind);
    if (seen === "ends" || (!isEscaped && to - at < SHORTEST_START)) continue;
    if (decodings.length === 0 && follows !== undefined) {
      if (to === bytes.length || (isEscapedSlash(bytes, to) && isKnownSoon(kind)))
        pass.open.push({ at: from + at, kind, encoding });
      continue;
    }
    // It was followed from where it stands.
    if (decodings.length === 1 && decodings[0] === "escaped" && isKnownSoon(kind)) continue;
    const isCut = goesOn ? to === bytes.length : outermost(from + to - 1, from + to).end >= pass.length - CUT;
    if (isCut && seen === "piece")
      pass.unscanned ??= "something compressed in it is encoded, and too large to be looked at";
  }
  return layers;
}

/** By its first letters, none of which is a slash; zlib has too few of them. */
function isKnownSoon(kind: Kind): boolean {
  return kind === "gzip" || kind === "zip";
}

/** `\/`, as some JSON has it. */
function isEscapedSlash(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x5c && bytes[at + 1] === 0x2f;
}

/** Undefined between two steps. Whoever follows reads plain bytes. */
function* decompressed(pass: Pass, bytes: Uint8Array, isPlain: boolean): Generator<Layer | undefined, void> {
  const open: Piece[] = [];
  const layers = embeddedLayers(bytes, pass.allowance, isPlain ? pass.options.follows : undefined, open);
  for (let next = layers.next(); ; next = layers.next()) {
    if (next.done === true) {
      pass.unscanned ??= next.value;
      break;
    }
    // What is decompressed counts as given: it is bounded by itself.
    if (next.value !== undefined) pass.work += next.value.bytes.length * MOST_WORK;
    yield next.value;
  }
  for (const piece of open) pass.open.push({ ...piece, encoding: "none" });
}
