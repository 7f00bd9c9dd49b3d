// What a command of the command line is: its arguments and options as data, and what it does with them.

import type { Console } from "#contracts/console.ts";

/** Everything that a command may touch of the world outside; `main.ts` makes the real one, tests make theirs. */
export interface CommandContext {
  /** The core, made at the first call: commands that need none never pay for it. */
  console(): Promise<Console>;
  /** Resolves with the exit code when the operator quit; `select` is the slug to stand on. Only where `hasTerminal`. */
  openDashboard(options: { readonly select?: string }): Promise<ExitCode>;
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<NodeJS.ReadStream, "isTTY" | "setRawMode">>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws where the working directory was removed. */
  cwd(): string;
  /** Print JSON, and nothing else, on stdout. */
  readonly json: boolean;
  /** Colour on stdout: settled from NO_COLOR, FORCE_COLOR, TERM and the terminal. */
  readonly color: boolean;
  /** Aborts when the operator interrupts. */
  readonly signal: AbortSignal;
  now(): Date;
}

export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What completes an argument or an option's value in a shell. */
export type Completes =
  | "backend"
  | "slug"
  | "proposal"
  | "agent"
  | "provider"
  | "definition"
  | "crash-log"
  | "command"
  | "folder";

export interface ArgumentSpec {
  readonly name: string;
  readonly describe: string;
  readonly optional?: boolean;
  /** Takes all that is left. */
  readonly rest?: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
}

export type OptionSpec =
  | { readonly type: "boolean"; readonly short?: string; readonly describe: string }
  | {
      readonly type: "string";
      readonly short?: string;
      readonly describe: string;
      /** The placeholder in the help: `--tail <count>`. */
      readonly value: string;
      readonly multiple?: boolean;
      readonly choices?: readonly string[];
      readonly completes?: Completes;
    };

export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** 0 done, 1 failed, 2 usage or invalid input, 3 refused, 4 backend unavailable, 130 interrupted; more than 128: a signal. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 129 | 130 | 143 | ProgramExit;
/** Not ours: `exec` passes on that of the program it ran. */
export type ProgramExit = number & { readonly of: "program" };

export interface Command {
  readonly arguments: readonly ArgumentSpec[];
  readonly options: OptionTable;
  /** Paragraphs of `--help` between the usage and the options. */
  readonly details: readonly string[];
  readonly examples: readonly string[];
  /** Nothing returned means 0. */
  run(input: ParsedInput, context: CommandContext): Promise<ExitCode | void>;
}

export interface ParsedInput {
  readonly args: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

interface TypedCommand<A extends readonly ArgumentSpec[], O extends OptionTable> {
  readonly arguments: A;
  readonly options: O;
  readonly details: readonly string[];
  readonly examples: readonly string[];
  run(input: { args: ArgumentsOf<A>; options: OptionsOf<O> }, context: CommandContext): Promise<ExitCode | void>;
}

type ArgumentsOf<A extends readonly ArgumentSpec[]> = { readonly [S in A[number] as S["name"]]: ArgumentValue<S> };
type ArgumentValue<S extends ArgumentSpec> = S extends { rest: true }
  ? readonly string[]
  : S extends { optional: true }
    ? Choice<S> | undefined
    : Choice<S>;
type OptionsOf<O extends OptionTable> = { readonly [K in keyof O]: OptionValue<O[K]> };
type OptionValue<S extends OptionSpec> = S extends { type: "boolean" }
  ? boolean
  : S extends { multiple: true }
    ? readonly Choice<S>[]
    : Choice<S> | undefined;
type Choice<S> = S extends { choices: readonly (infer C)[] } ? C : string;

/** Gives `run` the types that the arguments and options declare; parseArguments keeps them true. */
export function defineCommand<const A extends readonly ArgumentSpec[], const O extends OptionTable>(
  command: TypedCommand<A, O>,
): Command {
  return command;
}
