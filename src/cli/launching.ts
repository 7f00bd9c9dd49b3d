// What `start`, `resume` and `demo` share: the preflight on screen, its questions, the progress of a launch.

import type { LaunchStep } from "#contracts/backend.ts";
import type { Console, LaunchRequest, Preflight } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { plainLine } from "#domain/plain-text.ts";
import { painter } from "#modes/print/paint.ts";
import { preflightText } from "#modes/print/preflight-text.ts";

import { askSecret, canAsk } from "./ask.ts";
import { wantsColor } from "./color.ts";
import type { CommandContext } from "./command.ts";
import { note } from "./print.ts";

/** Shows the plan on stderr. */
export function showPreflight(context: CommandContext, preflight: Preflight): void {
  note(context, preflightText(preflight, painter(wantsColor(context.env, context.stderr.isTTY === true))));
}

/** The preflight again with every `?prompt` variable answered, or itself when there are none. */
export async function answerQuestions(
  context: CommandContext,
  console: Console,
  preflight: Preflight,
): Promise<Preflight> {
  if (preflight.questions.length === 0) return preflight;
  if (!canAsk(context)) {
    const names = preflight.questions.map((question) => question.name).join(", ");
    throw new BottleError("usage", `${names} must be answered, and there is no terminal to ask on`, {
      hint: "pass --answers-stdin and a JSON object of names and values on standard input",
    });
  }
  const answers: Record<string, string> = { ...preflight.request.answers };
  for (const { name, prompt } of preflight.questions) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    answers[name] = await askSecret(context, `${plainLine(prompt)} (${name}, not shown): `);
  }
  return console.preflight({ ...preflight.request, answers });
}

/** `?prompt` answers as one JSON object on stdin: never in an argument, never in a file. */
export async function readAnswers(context: CommandContext): Promise<NonNullable<LaunchRequest["answers"]>> {
  let text = "";
  for await (const chunk of context.stdin) text += String(chunk);
  const value = parseObject(text);
  if (value !== undefined && Object.values(value).every((answer) => typeof answer === "string")) {
    return value as Record<string, string>;
  }
  throw new BottleError("usage", "--answers-stdin got something that is no JSON object of strings", {
    where: "standard input",
    hint: 'write something like {"API_KEY": "…"}',
  });
}

/** One line on stderr for each step; quiet under --json. */
export function progressLines(context: CommandContext): (step: LaunchStep) => void {
  if (context.json) return () => {};
  return (step) => {
    if (step.type === "output" || step.state === "started") return;
    const outcome = step.state === "failed" ? `failed: ${step.message}` : "done";
    note(context, `  ${plainLine(`${step.step}: ${outcome}`)}`);
  };
}

/** As `progressLines`, with what the build says: it may take minutes. */
export function buildLines(context: CommandContext): (step: LaunchStep) => void {
  const steps = progressLines(context);
  if (context.json) return steps;
  return (step) => {
    if (step.type === "output") note(context, `    ${plainLine(step.text)}`);
    else if (step.state === "started") note(context, `  ${plainLine(step.step)} …`);
    else steps(step);
  };
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
