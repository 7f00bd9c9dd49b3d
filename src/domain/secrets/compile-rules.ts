// From rules and own secrets to what a scan walks through: patterns, their anchors, and how far a match can reach.

import { buildAnchors, type AnchorTable } from "./anchors.ts";
import { isPlaceholder } from "./checks/placeholder.ts";
import { ownPatterns } from "./own-secrets.ts";
import { readClass, readPattern, type ByteClass, type Pattern } from "./pattern.ts";
import type { PatternRule, SecretRule, WalkingRule } from "./rule.ts";
import type { OwnSecret, Severity } from "./scanner.ts";

export interface CompiledRules {
  readonly patterns: readonly CompiledPattern[];
  readonly anchors: AnchorTable;
  readonly walks: readonly { readonly rule: WalkingRule; readonly rank: number }[];
  readonly longestMatch: number;
}

export interface CompiledPattern extends Pattern {
  readonly rule: string;
  readonly severity: Severity;
  readonly own: boolean;
  readonly rank: number;
  readonly notAfter?: ByteClass;
  readonly notBefore?: ByteClass;
  readonly accept?: PatternRule["accept"];
}

/** The byte before, the backslash before that, and the byte after. */
const SURROUNDINGS = 3;

export function compileRules(
  own: readonly OwnSecret[],
  rules: readonly SecretRule[],
): CompiledRules & { readonly ignored: readonly string[] } {
  const { patterns: owned, ignored } = ownPatterns(own);
  const patterns = [...owned, ...rules.flatMap((rule, rank) => ("patterns" in rule ? compile(rule, rank) : []))];
  const walks = rules.flatMap((rule, rank) => ("walk" in rule ? [{ rule, rank }] : []));
  const longest = Math.max(0, ...patterns.map((pattern) => pattern.longest), ...walks.map(({ rule }) => rule.longest));
  return { patterns, anchors: buildAnchors(patterns), walks, longestMatch: longest + SURROUNDINGS, ignored };
}

function compile(rule: PatternRule, rank: number): CompiledPattern[] {
  return rule.patterns.map((source) => ({
    ...readPattern(source),
    rule: rule.id,
    severity: rule.severity ?? "block",
    own: false,
    rank,
    ...(rule.notAfter === undefined ? {} : { notAfter: readClass(rule.notAfter) }),
    ...(rule.notBefore === undefined ? {} : { notBefore: readClass(rule.notBefore) }),
    accept: rule.accept ?? ((value) => !isPlaceholder(value)),
  }));
}
