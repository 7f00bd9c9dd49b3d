// Definitions for tests: from front matter to what a loader would give.

import { parseAgent, parseBottle } from "#domain/definition/parse.ts";
import type { BottleDefinition, Definitions } from "#domain/definition/definitions.ts";
import type { BottleKeys } from "#domain/definition/bottle.ts";
import { describeProblem } from "#domain/problem/problem.ts";

export function bottleText(frontMatter: string): string {
  return `---\n${frontMatter.replace(/\n?$/, "\n")}---\n`;
}

/** Fails the test for a malformed one. */
export function bottle(name: string, frontMatter: string): BottleDefinition {
  const parsed = parseBottle({ name, path: `${name}.md`, text: bottleText(frontMatter) });
  if (parsed.ok) return parsed.value;
  throw new Error(parsed.problems.map(describeProblem).join("\n"));
}

export function keysOf(text: string): BottleKeys {
  const parsed = parseBottle({ name: "dev", path: "dev.md", text });
  if (parsed.ok) return parsed.value.keys;
  throw new Error(parsed.problems.map(describeProblem).join("\n"));
}

/** What is wrong with a bottle definition, one line each. */
export function bottleProblems(frontMatter: string): string[] {
  const parsed = parseBottle({ name: "dev", path: "dev.md", text: bottleText(frontMatter) });
  return parsed.ok ? parsed.warnings.map(describeProblem) : parsed.problems.map(describeProblem);
}

export function definitions(
  bottles: Readonly<Record<string, string>>,
  agents: Readonly<Record<string, string>> = {},
  more: Partial<Definitions> = {},
): Definitions {
  const parsedAgents = Object.entries(agents).map(([name, text]) => {
    const parsed = parseAgent({ name, path: `${name}.md`, text: bottleText(text) }, "root");
    if (!parsed.ok) throw new Error(parsed.problems.map(describeProblem).join("\n"));
    return [name, parsed.value] as const;
  });
  return {
    bottles: new Map(Object.entries(bottles).map(([name, text]) => [name, bottle(name, text)])),
    agents: new Map(parsedAgents),
    broken: [],
    home: "/home/op",
    problems: [],
    ...more,
  };
}
