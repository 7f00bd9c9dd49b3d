// The texts of --help, made from the registry and from what a command declares.

import type { ArgumentSpec, Command, OptionSpec, OptionTable } from "./command.ts";
import { GLOBAL_OPTIONS } from "./parse-arguments.ts";
import type { CommandRow } from "./registry.ts";

export function generalHelp(rows: readonly CommandRow[]): string {
  return lines([
    "bottle-dash: the operator's console for sandboxed coding agents",
    "",
    "Usage: bottle-dash [command] [options]",
    "",
    "Without a command it opens the dashboard; in a pipe it prints the bottles and what waits for you, once.",
    "",
    "Commands:",
    ...columns(rows.map((row) => [row.usage, row.summary])),
    "",
    "Options:",
    ...optionLines(GLOBAL_OPTIONS),
    ...columns([["-V, --version", "show the version"]]),
    "",
    "Environment: BOT_BOTTLE_ROOT (default ~/.bot-bottle), BOTTLE_BACKEND, DOCKER_HOST, DOCKER_CONTEXT,",
    "  NO_COLOR, FORCE_COLOR, VISUAL, EDITOR",
    "Exit codes: 0 done, 1 failed, 2 usage or invalid input, 3 refused by policy, 4 backend unavailable, 130 interrupted",
    "",
    "`bottle-dash <command> --help` says more.",
  ]);
}

export function commandHelp(row: CommandRow, command: Command): string {
  const described = command.arguments.filter((argument) => argument.describe !== "");
  return lines([
    `bottle-dash ${row.name}: ${row.summary}`,
    "",
    `Usage: bottle-dash ${row.usage}${Object.keys(command.options).length > 0 ? " [options]" : ""}`,
    ...command.details.flatMap((paragraph) => ["", ...wrap(paragraph, 100)]),
    ...section("Arguments:", columns(described.map((argument) => [argumentName(argument), argument.describe]))),
    ...section("Options:", [...optionLines(command.options), ...optionLines(GLOBAL_OPTIONS)]),
    ...section(
      "Examples:",
      command.examples.map((example) => `  ${example}`),
    ),
  ]);
}

function section(title: string, body: readonly string[]): string[] {
  return body.length === 0 ? [] : ["", title, ...body];
}

function argumentName(argument: ArgumentSpec): string {
  return argument.optional === true ? `[${argument.name}]` : `<${argument.name}>`;
}

function optionLines(table: OptionTable): string[] {
  return columns(Object.entries(table).map(([long, spec]) => [optionName(long, spec), optionText(spec)]));
}

function optionName(long: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? "    " : `-${spec.short}, `;
  return spec.type === "boolean" ? `${short}--${long}` : `${short}--${long} <${spec.value}>`;
}

function optionText(spec: OptionSpec): string {
  if (spec.type === "boolean") return spec.describe;
  const choices = spec.choices === undefined ? "" : `: ${spec.choices.join(", ")}`;
  return `${spec.describe}${choices}${spec.multiple === true ? " (may be repeated)" : ""}`;
}

function columns(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function wrap(paragraph: string, width: number): string[] {
  const wrapped: string[] = [];
  let line = "";
  for (const word of paragraph.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      wrapped.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...wrapped, line];
}

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
