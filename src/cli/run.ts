// From an argument list to an exit code: finds the command, parses, runs, and turns errors into one line.

import { BottleError } from "#domain/bottle-error.ts";

import { wantsColor } from "./color.ts";
import type { Command, CommandContext, ExitCode } from "./command.ts";
import { errorText, exitCodeOf } from "./exit-code.ts";
import { didYouMean, parseArguments } from "./parse-arguments.ts";
import { COMMANDS, type CommandRow } from "./registry.ts";

/** What a command's context is made from: `json` and `color` follow from the arguments and the environment. */
export type World = Omit<CommandContext, "json" | "color">;

/** Never throws. */
export async function runCommandLine(argv: readonly string[], world: World): Promise<ExitCode> {
  try {
    return await dispatch(argv, world);
  } catch (error) {
    world.stderr.write(`${errorText(error, argv.includes("--debug"))}\n`);
    return world.signal.aborted ? 130 : exitCodeOf(error);
  }
}

async function dispatch(argv: readonly string[], world: World): Promise<ExitCode> {
  const at = argv.findIndex((argument) => !argument.startsWith("-"));
  const leading = at === -1 ? argv : argv.slice(0, at);
  if (leading.some((flag) => flag === "--version" || flag === "-V")) return printVersion(world);
  const name = at === -1 ? undefined : argv[at];
  const rest = at === -1 ? [...argv] : [...leading, ...argv.slice(at + 1)];
  if (name === "help")
    return printHelp(
      rest.find((argument) => !argument.startsWith("-")),
      world,
    );
  if (name === undefined) return withoutCommand(rest, world);

  const row = COMMANDS.find((candidate) => candidate.name === name);
  if (row === undefined) throw unknownCommand(name);
  const command = await row.load();
  const input = parseArguments(name, command, rest);
  if (input.global.help) return printCommandHelp(row, command, world);
  return (await command.run(input, contextOf(world, input.global.json))) ?? 0;
}

async function withoutCommand(argv: readonly string[], world: World): Promise<ExitCode> {
  const { global } = parseGlobal(argv);
  if (global.help) return printHelp(undefined, world);
  const { openOrReport } = await import("./without-command.ts");
  return openOrReport(contextOf(world, global.json));
}

function parseGlobal(argv: readonly string[]): ReturnType<typeof parseArguments> {
  try {
    return parseArguments("", { arguments: [], options: {} }, argv);
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    const what = error.message.slice(0, error.message.indexOf("; see "));
    throw new BottleError("usage", what, { hint: "see `bottle-dash --help`", cause: error });
  }
}

function contextOf(world: World, json: boolean): CommandContext {
  return { ...world, json, color: !json && wantsColor(world.env, world.stdout.isTTY === true) };
}

function unknownCommand(name: string): BottleError {
  const names = COMMANDS.map((row) => row.name);
  return new BottleError("usage", `there is no command ${JSON.stringify(name)}${didYouMean(name, names)}`, {
    hint: "see `bottle-dash --help`",
  });
}

async function printHelp(name: string | undefined, world: World): Promise<ExitCode> {
  if (name === undefined) {
    const { generalHelp } = await import("./help.ts");
    world.stdout.write(generalHelp(COMMANDS));
    return 0;
  }
  const row = COMMANDS.find((candidate) => candidate.name === name);
  if (row === undefined) throw unknownCommand(name);
  return printCommandHelp(row, await row.load(), world);
}

async function printCommandHelp(row: CommandRow, command: Command, world: World): Promise<ExitCode> {
  const { commandHelp } = await import("./help.ts");
  world.stdout.write(commandHelp(row, command));
  return 0;
}

async function printVersion(world: World): Promise<ExitCode> {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  world.stdout.write(`${manifest.version}\n`);
  return 0;
}
