// What shells complete: the registry with every command's arguments and options, as plain data.

import type { ArgumentSpec, OptionTable } from "../command.ts";
import { GLOBAL_OPTIONS } from "../parse-arguments.ts";
import type { CommandRow } from "../registry.ts";

export interface CompletionModel {
  readonly commands: readonly CompletedCommand[];
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly CompletedOption[];
}

export interface CompletedOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly describe: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  /** What `bottle-dash completion words <kind>` lists. */
  readonly completes: string | undefined;
}

export async function completionModel(rows: readonly CommandRow[]): Promise<CompletionModel> {
  const commands = await Promise.all(
    rows.map(async (row) => {
      const command = await row.load();
      return {
        name: row.name,
        summary: row.summary,
        arguments: command.arguments.map((argument) =>
          argument.choices === undefined
            ? argument
            : { ...argument, choices: argument.choices.filter((choice) => choice !== "words") },
        ),
        options: completedOptions({ ...command.options, ...GLOBAL_OPTIONS }),
      };
    }),
  );
  return { commands };
}

function completedOptions(table: OptionTable): CompletedOption[] {
  return Object.entries(table).map(([long, spec]) => ({
    long,
    short: spec.short,
    describe: spec.describe,
    takesValue: spec.type === "string",
    choices: spec.type === "string" ? (spec.choices ?? []) : [],
    completes: spec.type === "string" ? spec.completes : undefined,
  }));
}

/** `'text'` for a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
