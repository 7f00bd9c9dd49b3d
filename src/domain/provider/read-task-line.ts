// What one line of an agent's output says, by the rules of its provider. The line is hostile: anything may stand in it.

import type { LineRule } from "./task-output.ts";

export interface TaskWord {
  readonly as: LineRule["as"];
  /** Never blank; line breaks and controls as the agent wrote them. */
  readonly text: string;
}

/** In the order of the rules; nothing for a line that is no JSON or that no rule is about. */
export function readTaskLine(line: string, rules: readonly LineRule[]): TaskWord[] {
  const value = parseJson(line);
  if (value === undefined) return [];
  return rules.flatMap(({ when, take, as }) => {
    if (!Object.entries(when).every(([path, wanted]) => valuesAt(value, path).includes(wanted))) return [];
    const texts = valuesAt(value, take).filter((found) => typeof found === "string" && found.trim() !== "");
    return texts.length === 0 ? [] : [{ as, text: texts.join("\n") }];
  });
}

/** All that stands at `path`: several where it goes through the members of a list. */
function valuesAt(value: unknown, path: string): unknown[] {
  return path.split(".").reduce<unknown[]>((found, step) => found.flatMap((at) => below(at, step)), [value]);
}

function below(value: unknown, step: string): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (step === "*") return Array.isArray(value) ? value : [];
  return !Array.isArray(value) && Object.hasOwn(value, step) ? [value[step as keyof typeof value]] : [];
}

function parseJson(line: string): unknown {
  if (!line.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
