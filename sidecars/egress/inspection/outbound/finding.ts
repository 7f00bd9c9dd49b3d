// One secret that was found in what is about to leave: what it is, where it stands, and what can be done about it.

import { titleOf } from "#domain/secrets/create-scanner.ts";

import type { JudgedFinding } from "./decide-on-findings.ts";
import type { DeepMatch } from "./deep-scan.ts";
import type { Decoding } from "./layer.ts";

export interface Finding extends JudgedFinding {
  readonly match: DeepMatch;
  /** What `match` is a place in: path and query, the text of the headers, the decoded body. `split` has none. */
  readonly part: "target" | "headers" | "body" | "split";
  readonly where: string;
  readonly excerpt: string;
}

export type Found = Omit<Finding, "fingerprint">;

/** What the rule looks for, with its article. */
export function inWords(rule: string): string {
  const title = titleOf(rule);
  if (title.startsWith("the ")) return title;
  return `${/^[aeiou]/i.test(title) ? "an" : "a"} ${title}`;
}

/** `body, base64 within compressed`. */
export function withDecodings(place: string, decodings: readonly Decoding[]): string {
  return decodings.length === 0 ? place : `${place}, ${decodings.toReversed().join(" within ")}`;
}
