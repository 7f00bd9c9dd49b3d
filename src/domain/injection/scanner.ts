// Finding prompt injection in text that comes back to an agent: what a finding says, and the scanner's contract.

export interface InjectionMatch {
  /** Id of the rule, such as `injection:ignore-instructions`. */
  readonly rule: string;
  /** In bytes of what was scanned; `end` is exclusive. Near enough to show where, not exact. */
  readonly start: number;
  readonly end: number;
}

export interface InjectionScan {
  /** By start; a rule may occur more than once. */
  readonly matches: readonly InjectionMatch[];
  /** The text is so hostile that the work was given up: it must be treated as not scanned. */
  readonly exhausted: boolean;
}

export interface InjectionScanner {
  /** No match is longer than this many bytes, hiding markup included: what a reader of a stream must keep of the piece before. */
  readonly longestMatch: number;
  /** Of UTF-8 text, JSON and HTML alike; any bytes are taken. Time is bounded. */
  scan(bytes: Uint8Array): InjectionScan;
}
