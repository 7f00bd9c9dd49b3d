// What an agent posts about itself: checked, and kept in one file, of which the last one said stays. Beyond ten a second the
// newest waits until the second is over: tools that run side by side report in bursts, and the last word must not be lost.

import type * as z from "zod";

import { writeAtomic } from "#lib/atomic-file.ts";

const MOST_A_WINDOW = 10;
const WINDOW_MS = 1000;

/** Takes the body of one POST. */
export type Taker = (body: string, now: Date) => Promise<TakerAnswer>;

export interface TakerAnswer {
  /** 202: it waits, unread, unless another comes after it. */
  readonly status: 202 | 204 | 400;
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
  let held: { body: string; now: Date } | undefined;
  const take: Taker = async (body, now) => {
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
  const release = (): void => {
    const last = held;
    held = undefined;
    if (last !== undefined) void take(last.body, last.now).catch(() => {}); // nobody waits for it any more
  };
  return async (body, now) => {
    const time = now.getTime();
    window = time - window.start < WINDOW_MS ? { ...window, count: window.count + 1 } : { start: time, count: 1 };
    if (window.count <= MOST_A_WINDOW) {
      held = undefined;
      return await take(body, now);
    }
    if (held === undefined) setTimeout(release, window.start + WINDOW_MS - time);
    held = { body, now };
    return { status: 202 };
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
