// A body that is there as a whole: looked at without its Content-Encoding, and made anew without what was found.

import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import type { SecretScanner } from "#domain/secrets/scanner.ts";

import { InspectionRefused } from "../inspection.ts";
import { CannotDecode } from "./cannot-decode.ts";
import { AWS_CHUNKED, openDecoder } from "./content-coding.ts";
import { type DeepMatch, deepScanInSteps, type OpenPiece } from "./deep-scan.ts";
import { gzipData } from "./embedded.ts";
import { excerptOf } from "./excerpt.ts";
import { type Found, withDecodings } from "./finding.ts";
import { fixedBecause, Judge } from "./flow.ts";
import { joinedBody, splitFindings } from "./joined-values.ts";
import type { Span } from "./layer.ts";
import { isForm, placeInBody } from "./place-in-body.ts";
import type { Settlement } from "./settle.ts";

export interface HeldBody {
  readonly bytes: Buffer;
  readonly contentType: string;
  /** In the order they are taken off. */
  readonly codings: readonly string[];
}

export interface HeldLook {
  readonly found: readonly Found[];
  readonly unscanned?: string | undefined;
  /** The body with stars in the place of what was found, in its coding. */
  readonly without: (found: readonly Found[]) => Buffer;
}

/** Of a body that came within the limit for holding: text becomes twenty times as large at most. */
const MOST_DECODED = 16 * 1024 * 1024;
/** Of so many findings it is said which part they are in. */
const MOST_PLACES = 64;
/** In what is compressed in it; those are told one by one. */
const MOST_FOUND = 4096;
/** Bodies decoded at a time: the others wait, so that they need bounded memory together. */
const MOST_AT_A_TIME = 2;

export async function lookAtHeldBody(scanner: SecretScanner, body: HeldBody): Promise<HeldLook> {
  const { bytes, contentType, codings } = body;
  if (codings.length === 0) return await lookAt(scanner, bytes, contentType, codings);
  let content: Buffer;
  try {
    content = await inTurn(() => decodeWhole(bytes, codings));
  } catch (error) {
    if (!(error instanceof CannotDecode)) throw error;
    return { found: [], unscanned: error.message, without: () => bytes };
  }
  const look = await lookAt(scanner, content, contentType, codings);
  if (!codings.includes(AWS_CHUNKED)) return withGzipHeader(scanner, body, look);
  // The lines between the pieces say something as well; and each of them may be signed.
  const { matches, unscanned } = await deepScanInSteps(scanner, bytes);
  const between = matches.map((match) => foundAt(bytes, "", [], match, matches));
  const found = [...look.found, ...between].map((one) => ({ ...one, fixed: one.fixed ?? "it is in signed pieces" }));
  return { found, unscanned: look.unscanned ?? unscanned, without: () => bytes };
}

/** What gzip carries beside the content: a name, a comment, further fields. */
function withGzipHeader(scanner: SecretScanner, { bytes, codings }: HeldBody, look: HeldLook): HeldLook {
  if (codings[0] !== "gzip" && codings[0] !== "x-gzip") return look;
  const data = gzipData(bytes, 0);
  if (typeof data !== "number") return { ...look, unscanned: look.unscanned ?? "its gzip header cannot be read" };
  const { matches } = scanner.scan(bytes.subarray(0, data));
  const beside = matches.map((match): Found => {
    const value = bytes.subarray(match.start, match.end);
    const found = foundAt(bytes.subarray(0, data), "", ["gzip"], { ...match, decodings: [], value }, matches);
    return { ...found, fixed: "it is in the header of gzip" };
  });
  return beside.length === 0 ? look : { ...look, found: [...look.found, ...beside] };
}

async function lookAt(
  scanner: SecretScanner,
  content: Buffer,
  contentType: string,
  codings: readonly string[],
): Promise<HeldLook> {
  const quoted = /^multipart\//i.test(contentType);
  const looked = await deepScanInSteps(scanner, content, { plus: isForm(contentType), quoted, follows: "large" });
  const found = looked.matches.map((match, index) =>
    foundAt(content, index < MOST_PLACES ? contentType : "", codings, match, looked.spans),
  );
  let { unscanned } = looked;
  const joined = joinedBody(content, contentType);
  if (joined !== undefined && joined.text.length > 0) {
    const split = await deepScanInSteps(scanner, Buffer.from(joined.text, "latin1"), { plus: joined.plus });
    found.push(...splitFindings(split.matches, joined.place, found));
    unscanned ??= split.unscanned;
  }
  if (unscanned === undefined && looked.open.length > 0)
    unscanned = await lookInto(scanner, content, looked.open, found);
  return { found, unscanned, without: (replaced) => encode(starred(content, replaced), codings) };
}

/** Into large compressed pieces; why that cannot be done. */
async function lookInto(
  scanner: SecretScanner,
  content: Buffer,
  open: readonly OpenPiece[],
  found: Found[],
): Promise<string | undefined> {
  let unscanned: string | undefined;
  const settlement: Settlement = {
    settle(these) {
      found.push(...these);
      if (found.length > MOST_FOUND) unscanned = "there are more secrets in it than can be dealt with";
      const refusal = this.refuseUnscanned("body", unscanned ?? "");
      return Promise.resolve(unscanned === undefined ? { ok: true, replace: [] } : { ok: false, refusal });
    },
    refuseUnscanned(_place, why) {
      if (why !== "") unscanned ??= why;
      return { status: 403, code: "cannot_scan", rule: "secret scanning", reason: why };
    },
  };
  const judge = new Judge({ scanner, settlement });
  try {
    await judge.follow(open, content, 0);
    await judge.end();
  } catch (error) {
    if (!(error instanceof InspectionRefused)) throw error;
  } finally {
    judge.close();
  }
  return unscanned;
}

function foundAt(
  content: Buffer,
  contentType: string,
  codings: readonly string[],
  match: DeepMatch,
  all: readonly Span[],
): Found {
  const { rule, severity, decodings, start } = match;
  const place = placeInBody(content, contentType, start, all);
  return {
    rule,
    severity,
    match,
    part: "body",
    where: withDecodings(
      place,
      codings.every((coding) => coding === AWS_CHUNKED) ? decodings : ["compressed", ...decodings],
    ),
    excerpt: excerptOf(content, match, all),
    fixed: fixedBecause(match),
  };
}

function starred(content: Buffer, found: readonly Found[]): Buffer {
  const copy = Buffer.from(content);
  for (const { part, match } of found) if (part === "body") copy.fill("*", match.start, match.end);
  return copy;
}

async function decodeWhole(bytes: Buffer, codings: readonly string[]): Promise<Buffer> {
  const decoder = openDecoder(codings);
  const pieces: Buffer[] = [];
  let size = 0;
  const keep = (piece: Buffer): void => {
    size += piece.length;
    if (size > MOST_DECODED) throw new CannotDecode("it becomes too large when it is decompressed");
    pieces.push(piece);
  };
  try {
    await decoder.feed(bytes, keep);
    await decoder.end(keep);
    return Buffer.concat(pieces);
  } finally {
    decoder.close();
  }
}

function encode(content: Buffer, codings: readonly string[]): Buffer {
  return codings.toReversed().reduce((bytes, coding) => encodeOne(bytes, coding), content);
}

function encodeOne(bytes: Buffer, coding: string): Buffer {
  switch (coding) {
    case "deflate":
      return deflateSync(bytes);
    case "br":
      return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
    case "zstd":
      return zstdCompressSync(bytes);
    default:
      return gzipSync(bytes);
  }
}

let running = 0;
const queue: (() => void)[] = [];

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= MOST_AT_A_TIME) await new Promise<void>((resolve) => queue.push(resolve));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    queue.shift()?.();
  }
}
