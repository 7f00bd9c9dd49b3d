// Makes the scanner for prompt injection: a fast look over all bytes, and a close one at windows where something may be.

import { isHiddenAfter, mayHide, smuggledIn } from "./hidden-text.ts";
import { asciiOf, normalise, placeOf, type Tags } from "./normalise.ts";
import { nextSuspect } from "./prefilter.ts";
import { ADDRESS_WORDS, type InjectionRule, MARKUP, ORDERS_TO_AGENTS, RULES, SQUEEZED } from "./rules.ts";
import type { InjectionMatch, InjectionScan, InjectionScanner } from "./scanner.ts";

/** The window around a suspect, in bytes, and how far back hiding markup may begin. */
const BEFORE = 160;
const AFTER = 480;
const HIDING_BEFORE = 384;
/** A suspect that follows another so closely was in its window, with room enough behind it. */
const STEP = 160;

/** Windows that one piece may cost: many for a short one, one of some kilobytes for a long one. */
const FREE_WINDOWS = 256;
const BYTES_A_WINDOW = 1024;

/** Tags of so few characters in all hold no order. */
const SHORT_TAGS = 32;

const HIDDEN = "injection:hidden-text";

export function createInjectionScanner(): InjectionScanner {
  return { longestMatch: BEFORE + AFTER + HIDING_BEFORE, scan };
}

function scan(data: Uint8Array): InjectionScan {
  const matches: InjectionMatch[] = [];
  let windows = FREE_WINDOWS + data.length / BYTES_A_WINDOW;
  for (let at = nextSuspect(data, 0); at !== -1; at = nextSuspect(data, at + STEP - 2)) {
    windows -= 1;
    if (windows < 0) return { matches, exhausted: true };
    look(data, Math.max(0, at - BEFORE), Math.min(data.length, at + AFTER), matches);
  }
  return { matches, exhausted: false };
}

function look(data: Uint8Array, from: number, to: number, matches: InjectionMatch[]): void {
  const { text, tagBytes } = normalise(data, from, to, "out");
  lookForRules({ data, from, to, tags: "out", text }, matches);
  // Attributes speak to an agent too (alt, title, aria-label).
  if (tagBytes > SHORT_TAGS) {
    lookForRules({ data, from, to, tags: "in", text: normalise(data, from, to, "in").text }, matches);
  }
  lookForLettersApart(text, from, to, matches);
  lookAtMarkup(data, from, to, matches);
  const letters = smuggledIn(data, from, to);
  if (letters !== undefined) matches.push({ rule: HIDDEN, ...letters });
}

interface Window {
  readonly data: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly tags: Tags;
  readonly text: string;
}

function lookForRules(window: Window, matches: InjectionMatch[]): void {
  for (const rule of RULES) {
    const found = tried(rule, window.text);
    if (found === undefined) continue;
    const place = inData(window, found);
    matches.push({ rule: rule.id, ...place });
    if (isHidden(window.data, place.start)) matches.push({ rule: HIDDEN, ...place });
  }
  lookForOrders(window, matches);
}

function inData({ data, from, to, tags }: Window, { start, end }: { start: number; end: number }) {
  return placeOf(data, from, to, tags, start, end);
}

function tried({ words, also, pattern }: InjectionRule, text: string): { start: number; end: number } | undefined {
  if (!words.some((word) => text.includes(word))) return undefined;
  if (also !== undefined && !also.some((word) => text.includes(word))) return undefined;
  const found = pattern.exec(text);
  return found === null ? undefined : { start: found.index, end: found.index + found[0].length };
}

/** Only where they are hidden. */
function lookForOrders(window: Window, matches: InjectionMatch[]): void {
  if (!mayHide(written(window.data, Math.max(0, window.from - HIDING_BEFORE), window.to))) return;
  if (!ADDRESS_WORDS.some((word) => window.text.includes(word))) return;
  for (const pattern of ORDERS_TO_AGENTS) {
    const found = pattern.exec(window.text);
    if (found === null) continue;
    const place = inData(window, { start: found.index, end: found.index + found[0].length });
    if (isHidden(window.data, place.start)) matches.push({ rule: HIDDEN, ...place });
  }
}

function isHidden(data: Uint8Array, start: number): boolean {
  return isHiddenAfter(written(data, Math.max(0, start - HIDING_BEFORE), start));
}

const APART = /(?:(?<![a-z])[a-z][ .-]){8}/;

function lookForLettersApart(text: string, from: number, to: number, matches: InjectionMatch[]): void {
  if (!APART.test(text)) return;
  if (SQUEEZED.test(text.replaceAll(/[^a-z]/g, ""))) {
    matches.push({ rule: "injection:ignore-instructions", start: from, end: to });
  }
}

function lookAtMarkup(data: Uint8Array, from: number, to: number, matches: InjectionMatch[]): void {
  const text = written(data, from, to);
  for (const rule of MARKUP) {
    const found = tried(rule, text);
    // Escapes are undone in `text`, so that its places are only near those in `data`.
    if (found !== undefined) matches.push({ rule: rule.id, start: from + found.start, end: to });
  }
}

/** As it is written, in small letters, with the escapes of JSON and HTML for angle brackets and line feeds undone. */
function written(data: Uint8Array, from: number, to: number): string {
  const text = asciiOf(data, from, to).toLowerCase();
  if (!text.includes("\\") && !text.includes("&")) return text;
  return text
    .replaceAll(/\\{1,4}u003c|&lt;/g, "<")
    .replaceAll(/\\{1,4}u003e|&gt;/g, ">")
    .replaceAll(/\\{1,4}n/g, "\n")
    .replaceAll(/\\{1,4}"/g, '"');
}
