// The rules as plain regular expressions, each tried at each place: what the scanner must agree with.

import { isPlaceholder } from "#domain/secrets/checks/placeholder.ts";
import type { PatternRule, SecretRule } from "#domain/secrets/rule.ts";
import { secretRules } from "#domain/secrets/rules/secret-rules.ts";
import type { SecretMatch } from "#domain/secrets/scanner.ts";
import { settle, type Finding } from "#domain/secrets/settle.ts";

export const patternRules = secretRules.filter((rule: SecretRule): rule is PatternRule => "patterns" in rule);

const compiled = patternRules.map((rule) => ({
  rule,
  expressions: rule.patterns.map((source) => new RegExp(source, "dg")),
  notAfter: rule.notAfter === undefined ? undefined : new RegExp(rule.notAfter),
  notBefore: rule.notBefore === undefined ? undefined : new RegExp(rule.notBefore),
}));

export function naiveScan(bytes: Uint8Array): SecretMatch[] {
  const text = Buffer.from(bytes).toString("latin1");
  const findings: Finding[] = [];
  compiled.forEach(({ rule, expressions, notAfter, notBefore }, rank) => {
    for (const expression of expressions) {
      expression.lastIndex = 0;
      for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
        const end = match.index + match[0].length;
        expression.lastIndex = match.index + 1;
        if (notAfter?.test(text[match.index - 1] ?? "") && !/\\[nrt]$/.test(text.slice(0, match.index))) continue;
        if (notBefore?.test(text[end] ?? "")) continue;
        const [whole] = match;
        const [start, stop] = match.indices![1] ?? match.indices![0]!;
        const verdict = (rule.accept ?? ((value) => !isPlaceholder(value)))(text.slice(start, stop), () => whole);
        if (verdict === false) continue;
        const part = verdict === true ? { start: 0, end: stop - start } : verdict;
        findings.push({
          rule: rule.id,
          severity: rule.severity ?? "block",
          rank,
          own: false,
          ...part,
          start: start + part.start,
          end: start + part.end,
        });
      }
    }
  });
  return settle(findings);
}
