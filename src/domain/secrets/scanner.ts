// Finding secrets in bytes: what a rule is, what a finding says, and the scanner's contract. The egress proxy and the git
// gate use the same rules.

/** `warn` rules are likely to be wrong (high entropy): they are noted, and never stop anything. */
export type Severity = "block" | "warn";

export interface SecretMatch {
  /** Id of the rule, such as `github-pat`. */
  readonly rule: string;
  readonly severity: Severity;
  /** Of the value itself (not of the words that announce it), in bytes of what was scanned; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** The secret goes on behind `end` (a long private key): to overwrite these bytes does not hide it, so it must be blocked. */
  readonly partial?: true;
}

/** A value of the bottle's own: an injected token, an answer to a prompt, the canary. */
export interface OwnSecret {
  /** The rule that its findings name, such as `own:GH_PAT` or `canary`. */
  readonly rule: string;
  readonly value: string;
}

export interface SecretScanner {
  /** No match is longer than this many bytes, context included: what a reader of a stream must keep of the piece before. */
  readonly longestMatch: number;
  /**
   * The matches in `bytes`, by start, not overlapping (an own secret, then what blocks, then the longer one, then the first
   * rule). Time is bounded: hostile text costs at most the budget, and then `exhausted` is true and the caller must treat the
   * bytes as not scanned. In a stream, a match that begins in the last `longestMatch` bytes may look different with more of it.
   */
  scan(bytes: Uint8Array): { readonly matches: readonly SecretMatch[]; readonly exhausted: boolean };
}
