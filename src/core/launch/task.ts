// What an agent is given to do at its start, without a screen: the text checked, and its command within ours, which shows
// what it says and keeps its answer (sidecars/task).

import type { BottleSpec } from "#contracts/backend.ts";
import type { ProviderPlan } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import { TASK_CONFIG, type TaskConfig } from "#domain/provider/task-config.ts";

/** It becomes one argument, and the kernel takes none longer than 128 KiB. */
export const MOST_TASK_BYTES = 98_304;

/** Throws `invalid` for a text that no agent can be given; line ends are made those of Unix. */
export function checkTask(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const task = text.replaceAll("\r\n", "\n").trim();
  if (task === "") throw refused("it is empty", "say in a sentence what the agent is to do");
  const size = Buffer.byteLength(task);
  if (size > MOST_TASK_BYTES) {
    throw refused(
      `it has ${size} bytes, and at most ${MOST_TASK_BYTES} can be given`,
      "put the details into a file of the workspace, and name it in the task",
    );
  }
  const control = CONTROL.exec(task)?.[0].charCodeAt(0);
  if (control === undefined) return task;
  const code = control.toString(16).toUpperCase().padStart(4, "0");
  throw refused(`it has the control character U+${code}`, "of these only tabs and line breaks may be in it");
}

// oxlint-disable-next-line no-control-regex -- controls are exactly what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** The command and files of `plan` as they are, or for a task. Throws `invalid` for a provider that cannot be given one. */
export function withTask(
  plan: ProviderPlan,
  task: string | undefined,
  supervise: TaskConfig["supervise"] | undefined,
  provider: { readonly name: string; readonly where: string },
): Pick<BottleSpec, "argv" | "files"> {
  const { argv, files, taskOutput } = plan;
  if (task === undefined) return { argv, files };
  if (taskOutput === undefined) {
    throw new BottleError("invalid", `the provider \`${provider.name}\` cannot be given a task at the start`, {
      where: provider.where,
      hint: "start it without a task, and tell it in its terminal",
    });
  }
  const config: TaskConfig = { version: 1, output: taskOutput, supervise: supervise ?? null };
  return {
    argv: [`${INSIDE.programs}/node`, `${INSIDE.programs}/dist/sidecars/task.js`, "--", ...argv],
    files: [...files, { path: `${INSIDE.home}/${TASK_CONFIG}`, content: `${JSON.stringify(config)}\n`, mode: 0o644 }],
  };
}

function refused(what: string, hint: string): BottleError {
  return new BottleError("invalid", `the task cannot be given to an agent: ${what}`, { where: "task", hint });
}
