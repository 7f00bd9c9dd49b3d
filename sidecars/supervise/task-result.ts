// POST /result: the answer of an agent that was given a task, kept in state/<slug>/agent/result.json.

import { plainLines } from "#domain/plain-text.ts";
import { MOST_MESSAGE_BYTES, SaidResult } from "#domain/provider/task-config.ts";
import type { TaskResult } from "#domain/provider/task-output.ts";
import { firstBytes } from "#lib/bounded-text.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { newTaker, type Taker } from "./taker.ts";

/** `redact` takes the bottle's own secrets out: a model repeats what it has read. */
export function taskResultTaker(paths: BottlePaths, redact: (text: string) => string): Taker {
  return newTaker(paths.agent.result, SaidResult, (said, now): TaskResult => {
    const { text, cut } = firstBytes(redact(plainLines(said.message).join("\n")), MOST_MESSAGE_BYTES);
    return { at: now.toISOString(), message: text, cut: cut || said.cut };
  });
}
