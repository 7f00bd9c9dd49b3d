// One scan: from anchor to anchor through the bytes, at each the patterns that have it; then the rules that walk by themselves.

import { anchorFits, hashRow, STRIDE } from "./anchors.ts";
import type { CompiledPattern, CompiledRules } from "./compile-rules.ts";
import type { SecretMatch } from "./scanner.ts";
import { settle, type Finding } from "./settle.ts";
import { latin1 } from "./utf8.ts";
import { workFor, type Work } from "./work.ts";

/** What it takes to begin: with an entry of the table, with a pattern, with a step of it. */
const LOOKING = 4;
const TRYING = 12;
const STEPPING = 2;
/** Making a string of a value and judging it costs more for a byte than a step does. */
const JUDGING = 16;

interface Scan {
  readonly bytes: Uint8Array;
  readonly rules: CompiledRules;
  readonly work: Work;
  readonly findings: Finding[];
}

interface Span {
  readonly start: number;
  readonly end: number;
}

export function runScan(
  rules: CompiledRules,
  bytes: Uint8Array,
  work: Work = workFor(bytes.length),
): { readonly matches: readonly SecretMatch[]; readonly exhausted: boolean } {
  const scan: Scan = { bytes, rules, work, findings: [] };
  followAnchors(scan);
  for (const { rule, rank } of rules.walks) {
    if (scan.work.left <= 0) break;
    rule.walk(bytes, scan.work, (start, end, told = rule) => {
      scan.findings.push({ rule: told.id, severity: told.severity ?? "block", start, end, rank, own: false });
    });
  }
  return { matches: settle(scan.findings), exhausted: scan.work.left <= 0 };
}

function followAnchors(scan: Scan): void {
  const { bytes, work } = scan;
  const { isEmpty, bitmap, listOf } = scan.rules.anchors;
  if (isEmpty) return;
  for (let at = nextRow(bytes, bitmap, 0); at + 2 < bytes.length; at = nextRow(bytes, bitmap, at + STRIDE)) {
    tryList(scan, listOf[hashRow(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!)]!, at);
    if (work.left <= 0) return;
  }
}

/** The next place, every second one from `from` on, whose three bytes are in the bitmap. Small: nearly all time is spent here. */
function nextRow(bytes: Uint8Array, bitmap: Uint8Array, from: number): number {
  const last = bytes.length - 2;
  for (let at = from; at < last; at += STRIDE) {
    const hash = hashRow(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!);
    if ((bitmap[hash >> 3]! & (1 << (hash & 7))) !== 0) return at;
  }
  return bytes.length;
}

function tryList(scan: Scan, list: number, at: number): void {
  const { anchors, patterns } = scan.rules;
  const { lists, anchorOf, distanceOf, users } = anchors;
  const end = lists[list + 1]!;
  let entry = lists[list]!;
  scan.work.left -= LOOKING * (end - entry);
  for (; entry < end; entry += 1) {
    const anchor = anchorOf[entry]!;
    const start = at - distanceOf[entry]!;
    if (!anchorFits(anchors, anchor, scan.bytes, start)) continue;
    for (const { pattern, offset } of users[anchor]!) tryPattern(scan, patterns[pattern]!, start - offset);
  }
}

function tryPattern(scan: Scan, pattern: CompiledPattern, start: number): void {
  if (start < 0) return;
  const { bytes, work } = scan;
  if (pattern.notAfter !== undefined && continues(pattern.notAfter, bytes, start)) return;
  const { steps, value } = pattern;
  let at = start;
  let valueStart = start;
  let valueEnd = -1;
  for (let index = 0; index < steps.length; index += 1) {
    if (index === value.from) valueStart = at;
    if (index === value.to) valueEnd = at;
    const { fits, atLeast, atMost } = steps[index]!;
    const stop = Math.min(at + atMost, bytes.length);
    const began = at;
    while (at < stop && fits[bytes[at]!] === 1) at += 1;
    if (at - began < atLeast) {
      work.left -= at - start + STEPPING * index + TRYING;
      return;
    }
  }
  work.left -= at - start + STEPPING * steps.length + TRYING;
  if (valueEnd === -1) valueEnd = at;
  if (pattern.notBefore !== undefined && at < bytes.length && pattern.notBefore[bytes[at]!] === 1) return;
  judge(scan, pattern, { start, end: at }, { start: valueStart, end: valueEnd });
}

/** Whether the byte before belongs to the same word; the letter of an escape (`\n`) does not. */
function continues(notAfter: Uint8Array, bytes: Uint8Array, start: number): boolean {
  if (start === 0 || notAfter[bytes[start - 1]!] === 0) return false;
  const isEscape = start >= 2 && bytes[start - 2] === 0x5c && ESCAPES.includes(bytes[start - 1]!);
  return !isEscape;
}

/** n, r, t. */
const ESCAPES: readonly number[] = [0x6e, 0x72, 0x74];

function judge(scan: Scan, pattern: CompiledPattern, whole: Span, { start, end }: Span): void {
  const { rule, severity, rank, own, accept } = pattern;
  let part: { start: number; end: number; partial?: true } = { start: 0, end: end - start };
  if (accept !== undefined) {
    scan.work.left -= JUDGING * (end - start);
    const verdict = accept(latin1(scan.bytes, start, end), () => latin1(scan.bytes, whole.start, whole.end));
    if (verdict === false) return;
    if (verdict !== true) part = verdict;
  }
  const { partial } = part;
  scan.findings.push({
    rule,
    severity,
    start: start + part.start,
    end: start + part.end,
    rank,
    own,
    ...(partial === true ? { partial } : {}),
  });
}
