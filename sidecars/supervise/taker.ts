// What an agent posts about itself: checked, rate-limited, and kept in one file, of which the last one said stays.

import type * as z from "zod";

import { writeAtomic } from "#lib/atomic-file.ts";

const MOST_A_WINDOW = 10;
const WINDOW_MS = 1000;

/** Takes the body of one POST. */
export type Taker = (body: string, now: Date) => Promise<TakerAnswer>;

export interface TakerAnswer {
  readonly status: 204 | 400 | 429;
  readonly error?: string;
}

/** Writes to `path`, one after another, what `keep` makes of what was said. */
export function newTaker<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  keep: (said: z.output<Schema>, now: Date) => object,
): Taker {
  let window = { start: 0, count: 0 };
  let turn: Promise<unknown> = Promise.resolve();
  return async (body, now) => {
    const time = now.getTime();
    window = time - window.start < WINDOW_MS ? { ...window, count: window.count + 1 } : { start: time, count: 1 };
    if (window.count > MOST_A_WINDOW) return { status: 429, error: `at most ${MOST_A_WINDOW} reports a second` };
    const said = schema.safeParse(parseJson(body));
    if (!said.success) {
      const issues = said.error.issues.map(({ path: field, message }) => `${field.join(".") || "body"}: ${message}`);
      return { status: 400, error: issues.join("; ") };
    }
    const written = turn.then(() => writeAtomic(path, `${JSON.stringify(keep(said.data, now))}\n`));
    turn = written.catch(() => {}); // its own caller is told
    await written;
    return { status: 204 };
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
