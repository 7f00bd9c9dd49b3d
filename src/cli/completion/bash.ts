// The completion script for bash (3.2 and newer; nothing of bash-completion is needed).

import type { CompletedCommand, CompletedOption, CompletionModel } from "./model.ts";
import { quoted } from "./model.ts";

export function bashScript({ commands }: CompletionModel): string {
  return `# bash completion for bottle-dash: source <(bottle-dash completion bash)
_bottle_dash() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= at=0 i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == -* ]]; then continue; fi
    if [[ -z $command ]]; then command=$word
    elif ! _bottle_dash_takes_value "$command" "\${COMP_WORDS[i-1]}"; then at=$((at + 1)); fi
  done
  local words=
  if [[ -z $command ]]; then
    words=${quoted(commands.map(({ name }) => name).join(" ") + " --help --version")}
  else
    words=$(_bottle_dash_words "$command" "$prev" "$cur" "$at")
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}

_bottle_dash_takes_value() {
  case "$1 $2" in
    ${patterns(
      commands.flatMap((command) =>
        names(
          command,
          command.options.filter((option) => option.takesValue),
        ),
      ),
    )}) return 0 ;;
    *) return 1 ;;
  esac
}

_bottle_dash_words() {
  case "$1 $2" in
${commands.flatMap((command) => command.options.filter((option) => option.takesValue).map((option) => valueCase(command, option))).join("\n")}
  esac
  if [[ $3 == -* ]]; then
    case "$1" in
${commands.map((command) => `      ${command.name}) echo ${quoted(command.options.map((option) => `--${option.long}`).join(" "))} ;;`).join("\n")}
    esac
    return
  fi
  case "$1 $4" in
${commands.flatMap(argumentCases).join("\n")}
  esac
}

complete -F _bottle_dash bottle-dash`;
}

function valueCase(command: CompletedCommand, option: CompletedOption): string {
  return `    ${patterns(names(command, [option]))}) ${listing(option.choices, option.completes)}; return ;;`;
}

function argumentCases(command: CompletedCommand): string[] {
  return command.arguments
    .map((argument, at) => {
      const place = argument.rest === true ? `${command.name}\\ *` : quoted(`${command.name} ${at}`);
      return { place, does: listing(argument.choices ?? [], argument.completes) };
    })
    .filter(({ does }) => does !== ":")
    .map(({ place, does }) => `    ${place}) ${does} ;;`);
}

function listing(choices: readonly string[], completes: string | undefined): string {
  if (choices.length > 0) return `echo ${quoted(choices.join(" "))}`;
  return completes === undefined ? ":" : `bottle-dash completion words ${completes} 2>/dev/null`;
}

function names(command: CompletedCommand, options: readonly CompletedOption[]): string[] {
  return options.flatMap(({ long, short }) => [
    `${command.name} --${long}`,
    ...(short === undefined ? [] : [`${command.name} -${short}`]),
  ]);
}

function patterns(all: readonly string[]): string {
  return all.map(quoted).join(" | ");
}
