// What was found in a push, as far as anybody may know of it: the secret itself is gone after this.

import { plainLine } from "#domain/plain-text.ts";
import { latin1 } from "#domain/secrets/utf8.ts";
import type { Severity } from "#domain/secrets/scanner.ts";

export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** Undefined in what belongs to no commit: a tag, the name of a branch. */
  readonly commit: string | undefined;
  readonly place: Place;
  /** Its first characters, then stars. */
  readonly masked: string;
}

export type Place =
  | { readonly in: "file"; readonly path: string; readonly line: number }
  | { readonly in: "path"; readonly path: string }
  | { readonly in: "commit"; readonly part: CommitPart; readonly line: number }
  | { readonly in: "tag"; readonly ref: string; readonly line: number }
  | { readonly in: "ref"; readonly ref: string };

/** Where in a commit besides its files. */
export type CommitPart = "message" | "author" | "committer" | "header";

const MOST_SHOWN = 4;
const STARS = "****";

/** An eighth of it, and never more than four characters. */
export function maskSecret(value: Buffer): string {
  const shown = Math.min(MOST_SHOWN, Math.floor(value.length / 8));
  return plainLine(latin1(value, 0, shown)) + STARS;
}

/** More are not told apart; the push is refused all the same. */
const MOST_KEPT = 500;

/** Each once: a file that is renamed or merged may come by several times. */
export class Findings {
  readonly #byKey = new Map<string, Finding>();
  /** Some more were not kept. */
  isFull = false;

  add(finding: Finding): void {
    const key = JSON.stringify([finding.rule, finding.masked, finding.commit, finding.place]);
    if (this.#byKey.has(key)) return;
    if (this.#byKey.size >= MOST_KEPT) this.isFull = true;
    else this.#byKey.set(key, finding);
  }

  all(): readonly Finding[] {
    return [...this.#byKey.values()];
  }
}
