// The operator's own editor for a whole proposal, with another round for what is not valid.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";

import type { Proposal } from "#domain/proposal/proposal.ts";
import { editText, validateEdit, type Edited } from "#domain/proposal/validate-edit.ts";

export type EditEnd =
  | { readonly type: "edited"; readonly payload: (Edited & { ok: true })["payload"] }
  | { readonly type: "unchanged" }
  | { readonly type: "dropped"; readonly why: string };

export interface EditOptions {
  readonly proposal: Proposal;
  /** A command that may hold arguments, as in `code --wait`. */
  readonly editor: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/** The terminal must be nobody else's meanwhile. */
export async function editProposal({ proposal, editor, stdin, stdout }: EditOptions): Promise<EditEnd> {
  const folder = mkdtempSync(join(tmpdir(), "bottle-dash-edit-"));
  const file = join(folder, `${proposal.id}.yaml`);
  const before = editText(proposal);
  try {
    writeFileSync(file, before, { mode: 0o600 });
    for (;;) {
      const failed = await openEditor(editor, file);
      if (failed !== undefined) return { type: "dropped", why: failed };
      const text = readFileSync(file, "utf8");
      if (text === before) return { type: "unchanged" };
      const edited = validateEdit(proposal.kind, text);
      if (edited.ok) return { type: "edited", payload: edited.payload };
      const problems = edited.problems.map(({ message }) => `  ${message}\n`).join("");
      if (!(await again(`\nThis cannot be used:\n${problems}`, stdin, stdout)))
        return { type: "dropped", why: "the edited rule was not valid" };
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
