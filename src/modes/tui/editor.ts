// The operator's own editor for a text, with another round for what is not valid.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";

export type EditEnd<T> =
  | { readonly type: "edited"; readonly value: T }
  | { readonly type: "unchanged" }
  | { readonly type: "dropped"; readonly why: string };

export interface EditOptions<T> {
  /** Of the file, so that the editor knows what it is. */
  readonly name: string;
  readonly text: string;
  /** Says what the saved text means, or what is wrong with it, one line each. */
  readonly check: (
    text: string,
  ) => Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] }>;
  /** A command that may hold arguments, as in `code --wait`. */
  readonly editor: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/** The terminal must be nobody else's meanwhile. */
export async function editFile<T>(options: EditOptions<T>): Promise<EditEnd<T>> {
  const { name, text: before, check, editor, stdin, stdout } = options;
  const folder = mkdtempSync(join(tmpdir(), "bottle-dash-edit-"));
  const file = join(folder, name);
  try {
    writeFileSync(file, before, { mode: 0o600 });
    for (;;) {
      const failed = await openEditor(editor, file);
      if (failed !== undefined) return { type: "dropped", why: failed };
      const text = readFileSync(file, "utf8");
      if (text === before) return { type: "unchanged" };
      // oxlint-disable-next-line no-await-in-loop -- one round after the other
      const edited = await check(text);
      if (edited.ok) return { type: "edited", value: edited.value };
      const problems = edited.problems.map((problem) => `  ${problem}\n`).join("");
      // oxlint-disable-next-line no-await-in-loop -- the operator answers first
      if (!(await again(`\nThis cannot be used:\n${problems}`, stdin, stdout)))
        return { type: "dropped", why: "what was saved cannot be used" };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why it failed, or undefined. */
function openEditor(editor: string, file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
    child.on("error", (error) => resolve(`the editor cannot be started: ${error.message}`));
    child.on("exit", (code, signal) =>
      resolve(code === 0 ? undefined : `the editor ended with ${signal ?? `exit code ${code}`}`),
    );
  });
}

async function again(text: string, stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream): Promise<boolean> {
  stdout.write(text);
  const lines = createInterface({ input: stdin, output: stdout });
  try {
    const answer = await lines.question("Enter goes on editing, q drops it: ");
    return answer.trim().toLowerCase() !== "q";
  } catch {
    return false;
  } finally {
    lines.close();
  }
}
