// The completion script for zsh: a function for $fpath, on top of _arguments.

import type { ArgumentSpec } from "../command.ts";
import type { CompletedCommand, CompletedOption, CompletionModel } from "./model.ts";
import { quoted } from "./model.ts";

export function zshScript({ commands }: CompletionModel): string {
  return `#compdef bottle-dash
# zsh completion for bottle-dash: write it to _bottle-dash in a folder of your $fpath

_bottle_dash_words() {
  local -a words
  words=(\${(f)"$(bottle-dash completion words $1 2>/dev/null)"})
  compadd -a words
}

_bottle_dash() {
  local line state
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join("\n")}
  )
  _arguments -C '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe command commands ;;
    arguments)
      case $line[1] in
${commands.map(commandCase).join("\n")}
      esac ;;
  esac
}

if [[ $funcstack[1] == _bottle-dash ]]; then _bottle_dash "$@"; else compdef _bottle_dash bottle-dash; fi`;
}

function commandCase(command: CompletedCommand): string {
  const specs = [...command.options.flatMap(optionSpecs), ...command.arguments.map(argumentSpec)];
  return `        ${command.name}) _arguments ${specs.map(quoted).join(" ")} ;;`;
}

function optionSpecs(option: CompletedOption): string[] {
  const value = option.takesValue ? `:${option.long}:${action(option.choices, option.completes)}` : "";
  const names = [`--${option.long}`, ...(option.short === undefined ? [] : [`-${option.short}`])];
  return names.map((name) => `*${name}[${escaped(option.describe)}]${value}`);
}

function argumentSpec(argument: ArgumentSpec): string {
  const place = argument.rest === true ? "*" : "";
  return `${place}${argument.optional === true && place === "" ? ":" : ""}:${argument.name}:${action(argument.choices ?? [], argument.completes)}`;
}

function action(choices: readonly string[], completes: string | undefined): string {
  if (choices.length > 0) return `(${choices.join(" ")})`;
  return completes === undefined ? " " : `_bottle_dash_words ${completes}`;
}

/** Brackets and colons end a description. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
}
