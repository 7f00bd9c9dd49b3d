// The completion script for fish.

import type { CompletedCommand, CompletedOption, CompletionModel } from "./model.ts";

export function fishScript({ commands }: CompletionModel): string {
  return [
    "# fish completion for bottle-dash: bottle-dash completion fish > ~/.config/fish/completions/bottle-dash.fish",
    "complete -c bottle-dash -f",
    ...commands.map(
      ({ name, summary }) => `complete -c bottle-dash -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`,
    ),
    ...commands.flatMap(ofCommand),
  ].join("\n");
}

function ofCommand(command: CompletedCommand): string[] {
  const here = `complete -c bottle-dash -n '__fish_seen_subcommand_from ${command.name}'`;
  const words = command.arguments.flatMap((argument) => listing(argument.choices ?? [], argument.completes) ?? []);
  return [
    ...command.options.map((option) => `${here} ${optionText(option)}`),
    ...(words.length === 0 ? [] : [`${here} -a ${fishQuoted(words.join(" "))}`]),
  ];
}

function optionText({ long, short, describe, takesValue, choices, completes }: CompletedOption): string {
  const words = listing(choices, completes);
  return [
    `-l ${long}`,
    ...(short === undefined ? [] : [`-s ${short}`]),
    ...(takesValue ? ["-x"] : []),
    ...(words === undefined ? [] : [`-a ${fishQuoted(words)}`]),
    `-d ${fishQuoted(describe)}`,
  ].join(" ");
}

function listing(choices: readonly string[], completes: string | undefined): string | undefined {
  if (choices.length > 0) return choices.join(" ");
  return completes === undefined ? undefined : `(bottle-dash completion words ${completes} 2>/dev/null)`;
}

/** fish's single quotes escape only \\ and '. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
