// What a rule says: where its value stands in the bytes, and what else must hold for it.

import type { Severity } from "./scanner.ts";
import type { Work } from "./work.ts";

/** One without more to it is found by another's walk. */
export type SecretRule = PatternRule | WalkingRule | NamedRule;

export interface NamedRule {
  /** Such as `github-pat`. */
  readonly id: string;
  /** For people, such as "GitHub personal access token". */
  readonly title: string;
  /** `block` unless it says otherwise. */
  readonly severity?: Severity;
}

/** A format that has at least four bytes in a row which are known, or nearly: it is looked at only where these stand. */
export interface PatternRule extends NamedRule {
  /** Each is a regular expression in the small language of pattern.ts; a group is the value, else all of it is. */
  readonly patterns: readonly string[];
  /** Class such as `[A-Za-z0-9]` that the byte before must not be in (a letter of an escape such as `\n` does not count). */
  readonly notAfter?: string;
  /** Class that the byte after must not be in. */
  readonly notBefore?: string;
  /** Whether this value, whose form is right, is one (each character is a byte). A part says which of it. */
  readonly accept?: (value: string, whole: () => string) => boolean | AcceptedPart;
}

export interface AcceptedPart {
  readonly start: number;
  readonly end: number;
  /** The secret goes on behind it. */
  readonly partial?: true;
}

/** A format without known bytes: it walks through all of it by itself, in few steps. */
export interface WalkingRule extends NamedRule {
  /** Bytes, with what it must see before and after. */
  readonly longest: number;
  readonly walk: (bytes: Uint8Array, work: Work, found: Found) => void;
}

/** Told by the walking rule, unless it names another. */
export type Found = (start: number, end: number, instead?: NamedRule) => void;
