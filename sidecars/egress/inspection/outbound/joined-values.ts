// Values that stand apart, put together in their order: a secret may be split over the fields of a form, the strings of a
// JSON array, the parts of a multipart. What is found only so has no place of its own, and cannot be replaced.

import type { DeepMatch } from "./deep-scan.ts";
import { type Found, withDecodings } from "./finding.ts";
import { boundaryOf, isForm } from "./place-in-body.ts";

/** Larger bodies are not taken apart. */
const LARGEST = 256 * 1024;

/** Of a JSON string, and of all together: what is split is split into short ones. */
const LONGEST_PIECE = 128;
const LONGEST_JOINED = 16 * 1024;

/** Undefined where there is nothing to put together. */
export function joinedBody(
  body: Buffer,
  contentType: string,
): { text: string; plus: boolean; place: string } | undefined {
  if (body.length > LARGEST) return undefined;
  if (isForm(contentType)) {
    if (!body.includes(0x26)) return undefined;
    return { text: joinValues(body.toString("latin1")), plus: true, place: "several form fields" };
  }
  const boundary = boundaryOf(contentType);
  if (boundary !== undefined) return { text: joinParts(body, boundary), plus: false, place: "several parts" };
  if (!/json/i.test(contentType)) return undefined;
  return { text: joinStrings(body.toString("latin1")), plus: false, place: "several JSON strings" };
}

/** Only what cannot come about by chance where two values meet. */
export function splitFindings(matches: readonly DeepMatch[], place: string, known: readonly Found[]): Found[] {
  return matches
    .filter(({ rule, severity }) => severity === "block" && (rule.startsWith("own:") || !BY_CHANCE.test(rule)))
    .filter(({ rule }) => !known.some((other) => other.rule === rule))
    .map((match) => ({
      rule: match.rule,
      severity: match.severity,
      match,
      part: "split",
      where: withDecodings(place, match.decodings),
      excerpt: "",
      fixed: `it is split over ${place}`,
    }));
}

/** Digits, words and whatever is told by the name beside it. */
const BY_CHANCE = /^payment-card|^seed-phrase|^bitcoin|^ethereum|-url$|connection-string|assignment|basic-auth|bearer/;

/** `a=1&b=2` → `12`, still encoded. */
export function joinValues(form: string): string {
  return form
    .split("&")
    .map((pair) => pair.slice(pair.indexOf("=") + 1))
    .join("");
}

function joinParts(body: Buffer, boundary: string): string {
  const parts = body.toString("latin1").split(`--${boundary}`);
  return parts
    .map((part) => {
      const head = part.indexOf("\r\n\r\n");
      return head < 0 ? "" : part.slice(head + 4).replace(/\r\n$/, "");
    })
    .join("");
}

/** The short strings that are values, not keys; still escaped. */
function joinStrings(json: string): string {
  let text = "";
  for (let at = json.indexOf('"'); at >= 0; at = json.indexOf('"', at)) {
    let end = at + 1;
    while (end < json.length && json[end] !== '"') end += json[end] === "\\" ? 2 : 1;
    let next = end + 1;
    while (next < json.length && (json[next] === " " || json[next] === "\n")) next += 1;
    if (json[next] !== ":" && end - at <= LONGEST_PIECE) text += json.slice(at + 1, end);
    if (text.length > LONGEST_JOINED) return text;
    at = end + 1;
  }
  return text;
}
