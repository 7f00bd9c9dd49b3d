// Arguments of one command, checked against what it declares; every complaint says what was expected.

import { parseArgs } from "node:util";

import { BottleError } from "#domain/bottle-error.ts";
import { nearestOf } from "#domain/problem/nearest.ts";

import type { ArgumentSpec, Command, OptionSpec, OptionTable, ParsedInput } from "./command.ts";

/** Options that every command takes. */
export const GLOBAL_OPTIONS = {
  json: { type: "boolean", describe: "print JSON, and nothing else, on stdout" },
  debug: { type: "boolean", describe: "print the stack of an error" },
  help: { type: "boolean", short: "h", describe: "show help" },
} as const satisfies OptionTable;

type GlobalFlags = Record<keyof typeof GLOBAL_OPTIONS, boolean>;

/** Throws `usage`. `help` wins over every complaint, so that `start --help` needs no agent. */
export function parseArguments(
  name: string,
  command: Pick<Command, "arguments" | "options">,
  argv: readonly string[],
): ParsedInput & { global: GlobalFlags } {
  const table: OptionTable = { ...GLOBAL_OPTIONS, ...command.options };
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.entries(table).map(([long, spec]) => [long, nodeOption(spec)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const help = tokens.some((token) => token.kind === "option" && token.name === "help");
  if (help) return { args: {}, options: {}, global: { json: false, debug: false, help } };

  const complain = complainAbout(name);
  const options: Record<string, string | boolean | string[] | undefined> = {};
  for (const [long, spec] of Object.entries(table)) options[long] = absent(spec);
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const spec = table[token.name];
    if (spec === undefined) throw complain(unknownOption(token.rawName, table) + behindDashes(command.arguments));
    options[token.name] =
      spec.type === "boolean"
        ? flag(token, complain)
        : added(options[token.name], spec, stringValue(token, spec, complain));
  }
  const positionals = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  const args = named(positionals, command.arguments, complain);
  return { args, options, global: { json: options["json"] === true, debug: options["debug"] === true, help: false } };
}

type Complain = (what: string) => BottleError;
type OptionToken = { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined };

function complainAbout(name: string): Complain {
  return (what) => new BottleError("usage", what, { hint: `see \`bottle-dash ${name} --help\`` });
}

function nodeOption(spec: OptionSpec): { type: "string" | "boolean"; short?: string; multiple?: boolean } {
  return { type: spec.type, ...(spec.short !== undefined && { short: spec.short }) };
}

function absent(spec: OptionSpec): boolean | string[] | undefined {
  if (spec.type === "boolean") return false;
  return spec.multiple === true ? [] : undefined;
}

function added(before: unknown, spec: OptionSpec, value: string): string | string[] {
  return spec.type === "string" && spec.multiple === true ? [...(before as string[]), value] : value;
}

function flag(token: OptionToken, complain: Complain): true {
  if (token.value !== undefined) throw complain(`${token.rawName} takes no value`);
  return true;
}

function stringValue(token: OptionToken, spec: OptionSpec & { type: "string" }, complain: Complain): string {
  const { value, rawName } = token;
  const missing = value === undefined || (token.inlineValue === false && value.length > 1 && value.startsWith("-"));
  if (missing) throw complain(`${rawName} needs a value: ${rawName} <${spec.value}>`);
  return chosen(value, spec.choices, rawName, complain);
}

function chosen(value: string, choices: readonly string[] | undefined, of: string, complain: Complain): string {
  if (choices === undefined || choices.includes(value)) return value;
  throw complain(
    `${of} is ${JSON.stringify(value)}, but takes one of ${choices.join(", ")}${didYouMean(value, choices)}`,
  );
}

function unknownOption(rawName: string, table: OptionTable): string {
  const nearest = nearestOf(rawName.replace(/^-+/, ""), Object.keys(table));
  return `there is no option ${rawName}${nearest === undefined ? "" : ` (did you mean --${nearest}?)`}`;
}

/** What is passed on to another program may look like an option of ours. */
function behindDashes(specs: readonly ArgumentSpec[]): string {
  const passedOn = specs.find(({ rest, name }) => rest === true && name === "command");
  return passedOn === undefined ? "" : "; what belongs to the command stands behind `--`";
}

export function didYouMean(typed: string, words: readonly string[]): string {
  const nearest = nearestOf(typed, words);
  return nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
}

function named(given: readonly string[], specs: readonly ArgumentSpec[], complain: Complain): ParsedInput["args"] {
  const args: Record<string, string | string[] | undefined> = {};
  for (const [index, spec] of specs.entries()) {
    const value = given[index];
    if (value === undefined && spec.optional !== true) throw complain(`<${spec.name}> is missing: ${spec.describe}`);
    if (spec.rest === true) args[spec.name] = given.slice(index);
    else args[spec.name] = value === undefined ? undefined : chosen(value, spec.choices, `<${spec.name}>`, complain);
  }
  const surplus = given[specs.length];
  if (surplus !== undefined && specs.at(-1)?.rest !== true)
    throw complain(`${JSON.stringify(surplus)} is one argument too many`);
  return args;
}
