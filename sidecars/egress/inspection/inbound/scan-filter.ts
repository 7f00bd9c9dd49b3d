// Looks for prompt injection in a body as it passes, in pieces of any size: a rule that is found is told once; with `block` the
// part that holds it never goes out.

import type { InjectionScanner } from "#domain/injection/scanner.ts";

import type { Refusal } from "../../policy/refusal.ts";
import { type BodyFilter, InspectionRefused } from "../inspection.ts";
import type { AnswerBody } from "./answer-body.ts";

/** Said instead of a rule when the scanner gave up. */
export const NOT_SCANNED = "injection:not-scanned";

const NOTHING: Buffer = Buffer.alloc(0);

/** The pieces go on as they are; only findings are told. */
export function warnFilter(scanner: InjectionScanner, warned: (rule: string) => void): BodyFilter {
  let before = NOTHING;
  const told = new Set<string>();
  return {
    push(piece) {
      const data = before.length === 0 ? piece : Buffer.concat([before, piece]);
      const { matches, exhausted } = scanner.scan(data);
      const rules = matches.map(({ rule }) => rule);
      for (const rule of exhausted ? [...rules, NOT_SCANNED] : rules) {
        if (told.has(rule)) continue;
        told.add(rule);
        warned(rule);
      }
      before = lastBytes(data, scanner.longestMatch);
      return piece;
    },
    end: () => NOTHING,
  };
}

/**
 * Keeps back as much as a match could span, and fails with the refusal when one is found. An event (or line) that has arrived
 * whole passes at once, although a match may begin in it: only what of a match has not gone out yet can be kept from it.
 */
export function blockFilter(
  scanner: InjectionScanner,
  boundary: AnswerBody["boundary"],
  refusal: (rule: string) => Refusal,
): BodyFilter {
  /** What went out already, for context, and then what was kept back. */
  let data = NOTHING;
  let sent = 0;
  const pass = (isLast: boolean): Buffer => {
    const { matches, exhausted } = scanner.scan(data);
    const rule = exhausted ? NOT_SCANNED : matches.find(({ end }) => end > sent)?.rule;
    if (rule !== undefined) throw new InspectionRefused(refusal(rule));
    const safe = isLast ? data.length : Math.max(data.length - scanner.longestMatch, wholeUntil(data, boundary));
    const out = safe > sent ? data.subarray(sent, safe) : NOTHING;
    sent = Math.max(sent, safe);
    const context = Math.max(0, Math.min(sent, data.length - scanner.longestMatch));
    data = Buffer.from(data.subarray(context));
    sent -= context;
    return out;
  };
  return {
    push(piece) {
      data = data.length === 0 ? piece : Buffer.concat([data, piece]);
      return pass(false);
    },
    end: () => pass(true),
  };
}

/** Where the last whole event (or line) ends; 0 where there is none. */
function wholeUntil(data: Buffer, boundary: AnswerBody["boundary"]): number {
  switch (boundary) {
    case "none":
      return 0;
    case "line":
      return data.lastIndexOf("\n") + 1;
    case "event":
      return Math.max(endOfLast(data, "\n\n"), endOfLast(data, "\r\n\r\n"), endOfLast(data, "\r\r"));
  }
}

function endOfLast(data: Buffer, text: string): number {
  const at = data.lastIndexOf(text);
  return at === -1 ? 0 : at + text.length;
}

/** A copy, so that a large piece is not kept for its end. */
function lastBytes(data: Buffer, count: number): Buffer {
  return Buffer.from(data.subarray(Math.max(0, data.length - count)));
}
