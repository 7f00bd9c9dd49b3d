// The scanner that the egress proxy and the git gate use: the rules, and the bottle's own secrets, in one pass over bytes.

import { compileRules } from "./compile-rules.ts";
import { secretRules } from "./rules/secret-rules.ts";
import { runScan } from "./run-scan.ts";
import type { SecretRule } from "./rule.ts";
import type { OwnSecret, SecretScanner } from "./scanner.ts";

export { secretRules } from "./rules/secret-rules.ts";
export { titleOf } from "./rules/secret-rules.ts";

export interface CreatedScanner extends SecretScanner {
  /** The rules of own secrets that are too short to be looked for: they would be found everywhere. */
  readonly ignored: readonly string[];
}

/** `rules` are all of them unless given; an empty list looks for the own secrets alone. */
export function createSecretScanner({
  own,
  rules = secretRules,
}: {
  readonly own: readonly OwnSecret[];
  readonly rules?: readonly SecretRule[];
}): CreatedScanner {
  const { ignored, ...compiled } = compileRules(own, rules);
  return { ignored, longestMatch: compiled.longestMatch, scan: (bytes) => runScan(compiled, bytes) };
}
