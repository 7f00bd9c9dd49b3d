// info: a definition as a launch would see it, parents merged and defaults filled in.

import type { Console } from "#contracts/console.ts";
import { warningsOf } from "#domain/definition/definitions.ts";
import { resolveAgent, resolveBottle } from "#domain/definition/resolve.ts";
import { describeProblem } from "#domain/problem/problem.ts";
import { plainLine } from "#domain/plain-text.ts";
import { agentInfo, bottleInfo, type DefinitionInfo } from "#modes/json/definition-info.ts";
import { definitionText } from "#modes/print/definition-text.ts";
import { painter } from "#modes/print/paint.ts";

import { defineCommand, type CommandContext } from "../command.ts";
import { answer, note } from "../print.ts";

export const info = defineCommand({
  arguments: [{ name: "name", describe: "an agent or a bottle definition", completes: "definition" }],
  options: {
    kind: {
      type: "string",
      value: "kind",
      describe: "when an agent and a bottle share the name (default agent)",
      choices: ["agent", "bottle"],
    },
  },
  details: ["Of variables the names are shown and where they come from, never a value."],
  examples: ["bottle-dash info reviewer", "bottle-dash info dev --kind bottle --json"],
  async run({ args, options }, context) {
    const resolved = await describeDefinition(await context.console(), args.name, options.kind, context);
    answer(context, resolved, () => definitionText(resolved, painter(context.color)));
  },
});

async function describeDefinition(
  console: Console,
  name: string,
  kind: "agent" | "bottle" | undefined,
  context: CommandContext,
): Promise<DefinitionInfo> {
  const definitions = await console.definitions();
  const broken = definitions.broken.filter((file) => file.name === name && (kind === undefined || file.kind === kind));
  const isBottle =
    !definitions.agents.has(name) && (definitions.bottles.has(name) || broken.some((file) => file.kind === "bottle"));
  try {
    const resolved =
      kind === "bottle" || (kind === undefined && isBottle)
        ? bottleInfo(resolveBottle(definitions, name), definitions.bottles.get(name)?.path ?? "")
        : agentInfo(resolveAgent(definitions, name));
    for (const warning of warningsOf(definitions, resolved.bottle.chain))
      say(context, `warning: ${describeProblem(warning)}`);
    return resolved;
  } catch (error) {
    // The error itself tells the first; the others stand before it.
    const told = error instanceof Error ? error.message : "";
    const all = broken.flatMap((file) => file.problems).map(describeProblem);
    for (const text of all.filter((one) => !told.startsWith(one))) say(context, text);
    throw error;
  }
}

function say(context: CommandContext, text: string): void {
  note(context, `bottle-dash: ${plainLine(text)}`);
}
