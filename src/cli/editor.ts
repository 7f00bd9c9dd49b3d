// Opens a file in the operator's editor and waits for it.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";

import { askText, canAsk } from "./ask.ts";
import type { CommandContext } from "./command.ts";
import { errorText } from "./exit-code.ts";
import { note } from "./print.ts";

/** The editor's command line, which may have arguments of its own (`code --wait`): `configured`, `$VISUAL`, `$EDITOR` or vi. */
export function editorOf(context: CommandContext, configured: string | undefined): string {
  const { VISUAL, EDITOR } = context.env;
  return [configured, VISUAL, EDITOR].find((name) => name !== undefined && name.trim() !== "") ?? "vi";
}

/** Throws `failed` when the editor does. */
export async function openInEditor(context: CommandContext, editor: string, path: string): Promise<void> {
  // A full-screen editor draws on the terminal, not into a pipe that waits for our answer.
  const screen = context.stdout.isTTY === true ? 1 : 2;
  const child = spawn("sh", ["-c", `${editor} "$@"`, "sh", path], { stdio: [0, screen, 2], env: { ...context.env } });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code === 0) return;
  throw new BottleError("failed", `the editor ended with ${code ?? "a signal"}; nothing was changed`, {
    where: editor,
    hint: "set VISUAL or EDITOR to an editor that works",
  });
}

/**
 * Lets the operator edit `text` in a private temporary file until `check` accepts it.
 * Undefined when it was left as it was. Where nobody can be asked, the first refusal of `check` is thrown.
 */
export async function editInFile<T>(
  context: CommandContext,
  editor: string,
  file: { readonly name: string; readonly text: string },
  check: (text: string) => T,
): Promise<T | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "bottle-dash-edit-"));
  const path = join(folder, file.name);
  try {
    await writeFile(path, file.text, { mode: 0o600 });
    return await untilAccepted(context, async () => {
      await openInEditor(context, editor, path);
      const edited = await readFile(path, "utf8");
      return edited === file.text ? undefined : check(edited);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `attempt` again as long as it throws BottleError and the operator wants to go on editing. */
export async function untilAccepted<T>(context: CommandContext, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      return await attempt();
    } catch (error) {
      const refused = error instanceof BottleError && error.code === "invalid";
      if (!refused || !canAsk(context)) throw error;
      note(context, errorText(error, false));
      // oxlint-disable-next-line no-await-in-loop -- the operator answers before the next attempt
      if (/^n/i.test((await askText(context, "Go on editing? [Y/n] ")).trim())) throw error;
    }
  }
}
