// What an agent's screen says of its state, by the rules of its provider: the first rule that matches decides.

import { plainLine } from "#domain/plain-text.ts";

import { compilePattern, LINE_LIMIT, TEXT_LIMIT } from "./screen-pattern.ts";
import type { ScreenRule, ScreenRules, ScreenVerdict, ScreenView } from "./screen-rules.ts";

/** Looks at a screen; made once for all the looks that follow. */
export type ScreenReader = (view: ScreenView) => ScreenVerdict | undefined;

const EVIDENCE_LIMIT = 200;

export function readScreen(view: ScreenView, rules: ScreenRules): ScreenVerdict | undefined {
  return screenReader(rules)(view);
}

export function screenReader({ rules }: ScreenRules): ScreenReader {
  const compiled = rules.map((rule) => ({
    rule,
    match: rule.match.map((source) => compilePattern(source)),
    without: rule.without.map((source) => compilePattern(source)),
  }));
  return (view) => {
    for (const { rule, match, without } of compiled) {
      const text = textFor(rule, view);
      const found = match.map((pattern) => pattern.exec(text));
      const [first] = found;
      if (!first || found.includes(null)) continue;
      if (without.some((pattern) => pattern.test(text))) continue;
      return verdictOf(rule, first);
    }
    return undefined;
  };
}

/** The last `count` lines that are not empty: what stands above them is what the agent said, and no prompt. */
export function bottomOf(lines: readonly string[], count: number): string[] {
  const bottom: string[] = [];
  let size = 0;
  for (let index = lines.length - 1; index >= 0 && bottom.length < count; index -= 1) {
    const line = plainLine(lines[index] ?? "")
      .slice(0, LINE_LIMIT)
      .trimEnd();
    if (line === "") continue;
    size += line.length + 1;
    if (size > TEXT_LIMIT) break;
    bottom.unshift(line);
  }
  return bottom;
}

function textFor({ on, lines }: ScreenRule, view: ScreenView): string {
  switch (on) {
    case "title":
      return plainLine(view.title).slice(0, LINE_LIMIT);
    case "progress":
      return view.progress === undefined ? "" : String(view.progress);
    case "bottom":
      return bottomOf(view.lines, lines).join("\n");
  }
}

function verdictOf({ id, state, why = "", on }: ScreenRule, found: RegExpExecArray): ScreenVerdict {
  const filled = why.replaceAll(/\$(\d)/g, (_whole, group: string) => found[Number(group)] ?? "");
  return {
    state,
    rule: id,
    authority: on === "bottom" ? "screen" : "title",
    why: state === "waiting" ? shown(filled) : "",
    evidence: shown(on === "progress" ? `progress ${found[0]}` : found[0]),
  };
}

function shown(text: string): string {
  return plainLine(text).replaceAll(/\s+/g, " ").trim().slice(0, EVIDENCE_LIMIT);
}
