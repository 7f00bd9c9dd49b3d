// The head of a request as one text to look at, where in it a finding stands, and the head without it.

import type { SecretScanner } from "#domain/secrets/scanner.ts";
import { plainLine } from "#domain/plain-text.ts";

import { type DeepMatch, type DeepScan, deepScan } from "./deep-scan.ts";
import { excerptOf } from "./excerpt.ts";
import { type Found, withDecodings } from "./finding.ts";
import { joinValues, splitFindings } from "./joined-values.ts";
import type { Span } from "./layer.ts";

export interface Head {
  /** Path and query. */
  readonly forward: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

export interface HeadScan {
  readonly found: readonly Found[];
  readonly unscanned: string | undefined;
}

const NOTHING: HeadScan = { found: [], unscanned: undefined };
/** Blocks of headers in which nothing was: clients send the same ones again and again. */
const MOST_KNOWN = 128;
const LONGEST_KNOWN = 4096;

export interface HeadScanner {
  scan(head: Head): HeadScan;
}

export function openHeadScanner(scanner: SecretScanner): HeadScanner {
  const clean = new Set<string>();
  let scratch = Buffer.allocUnsafe(16 * 1024);
  const look = (text: string, plus: boolean): DeepScan & { readonly bytes: Buffer } => {
    if (text.length > scratch.length) scratch = Buffer.allocUnsafe(text.length * 2);
    const bytes = scratch.subarray(0, scratch.write(text, 0, "latin1"));
    return { bytes, ...deepScan(scanner, bytes, { plus }) };
  };
  const lookAtHeaders = (headers: readonly string[]): HeadScan => {
    const text = headerText(headers);
    if (clean.has(text)) return NOTHING;
    const { bytes, matches, spans, unscanned: why } = look(text, false);
    const here = matches.map((match) => headerFinding(headers, bytes, match, spans));
    const split = joinedHeaders(headers);
    const joined = split === "" ? undefined : look(split, false);
    const beside = joined === undefined ? [] : splitFindings(joined.matches, "several headers", here);
    const unscanned = why ?? joined?.unscanned;
    if (here.length === 0 && beside.length === 0 && unscanned === undefined && text.length <= LONGEST_KNOWN) {
      if (clean.size >= MOST_KNOWN) clean.clear();
      clean.add(text);
      return NOTHING;
    }
    return { found: [...here, ...beside], unscanned };
  };
  const lookAtTarget = (forward: string): HeadScan => {
    const { bytes, matches, spans, unscanned: why } = look(forward, true);
    const here = matches.map((match) => targetFinding(forward, bytes, match, spans));
    const split = joinedQuery(forward);
    const joined = split === "" ? undefined : look(split, true);
    const beside = joined === undefined ? [] : splitFindings(joined.matches, "several query values", here);
    const unscanned = why ?? joined?.unscanned;
    return matches.length === 0 && beside.length === 0 && unscanned === undefined
      ? NOTHING
      : { found: [...here, ...beside], unscanned };
  };
  return {
    scan({ forward, headers }) {
      const target = forward.length < 6 ? NOTHING : lookAtTarget(forward);
      const rest = lookAtHeaders(headers);
      if (target === NOTHING) return rest;
      if (rest === NOTHING) return target;
      return { found: [...target.found, ...rest.found], unscanned: target.unscanned ?? rest.unscanned };
    },
  };
}

/** The head with what was found replaced by stars; slashes of the path stay, for they are its structure. */
export function redactHead({ forward, headers }: Head, found: readonly Found[]): Head {
  const spans = (part: Found["part"]): Span[] => found.filter((one) => one.part === part).map(({ match }) => match);
  const text = stars(headerText(headers).split(""), spans("headers"), () => false);
  const kept = [...headers];
  let at = 0;
  for (const [index, part] of headers.entries()) {
    kept[index] = text.slice(at, at + part.length).join("");
    at += part.length + (index % 2 === 0 ? SEPARATOR.length : 1);
  }
  const query = forward.indexOf("?");
  const isStructure = (index: number): boolean =>
    (forward[index] === "/" || forward[index] === "?") && (query < 0 || index <= query);
  return { forward: stars(forward.split(""), spans("target"), isStructure).join(""), headers: kept };
}

function stars(text: string[], spans: readonly Span[], keeps: (index: number) => boolean): string[] {
  for (const { start, end } of spans) {
    for (let index = start; index < end; index += 1) if (!keeps(index)) text[index] = "*";
  }
  return text;
}

const SEPARATOR = ": ";

function headerText(headers: readonly string[]): string {
  let text = "";
  for (let index = 0; index + 1 < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\n`;
  return text;
}

function headerFinding(headers: readonly string[], bytes: Buffer, match: DeepMatch, all: readonly Span[]): Found {
  let at = 0;
  let place = "header name";
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? "";
    const value = headers[index + 1] ?? "";
    const end = at + name.length + SEPARATOR.length + value.length + 1;
    if (match.start < end) {
      if (match.start >= at + name.length)
        place = `header ${nameShown(name, { start: at, end: at + name.length }, all)}`;
      break;
    }
    at = end;
  }
  return { ...found("headers", bytes, match, all), where: withDecodings(place, match.decodings) };
}

function targetFinding(forward: string, bytes: Buffer, match: DeepMatch, all: readonly Span[]): Found {
  const place = placeInTarget(forward, match, all);
  return { ...found("target", bytes, match, all), where: withDecodings(place, match.decodings) };
}

function placeInTarget(forward: string, match: DeepMatch, all: readonly Span[]): string {
  const query = forward.indexOf("?");
  if (query < 0 || match.start <= query) return "path";
  const from = Math.max(query, forward.lastIndexOf("&", match.start)) + 1;
  const equals = forward.indexOf("=", from);
  if (equals < 0 || equals >= match.start + 1) return equals === match.start ? "query" : "query key";
  const name = nameShown(forward.slice(from, equals), { start: from, end: equals }, all);
  return `query value of "${name}"`;
}

/** A name is told unless a finding stands in it. */
function nameShown(name: string, span: Span, all: readonly Span[]): string {
  if (all.some(({ start, end }) => start < span.end && span.start < end)) return "(masked)";
  return plainLine(name).slice(0, 60);
}

function found(part: Found["part"], bytes: Buffer, match: DeepMatch, all: readonly Span[]): Omit<Found, "where"> {
  const { rule, severity } = match;
  return { rule, severity, match, part, excerpt: excerptOf(bytes, match, all) };
}

/** Values of the query one behind another; empty when there are not several. */
function joinedQuery(forward: string): string {
  const query = forward.indexOf("?");
  if (query < 0 || !forward.includes("&", query)) return "";
  return joinValues(forward.slice(query + 1));
}

/** What is split is split into short ones. */
const LONGEST_SHARE = 256;
const LONGEST_JOINED = 8 * 1024;
/** Sent by every client; a secret may be split over what stands around them. */
const USUAL =
  /^(?:accept|content|cache|user-agent|authorization|cookie|referer|origin|pragma|priority|range|sec-|if-)/i;

/** Short values of the agent's headers one behind another: of all of them, and of those that are not usual. */
function joinedHeaders(headers: readonly string[]): string {
  let all = "";
  let unusual = "";
  let count = 0;
  for (let index = 0; index + 1 < headers.length && all.length < LONGEST_JOINED; index += 2) {
    const value = headers[index + 1] ?? "";
    if (value.length > LONGEST_SHARE) continue;
    all += value;
    count += 1;
    if (!USUAL.test(headers[index] ?? "")) unusual += value;
  }
  return count < 2 ? "" : `${all}\n${unusual}`;
}
