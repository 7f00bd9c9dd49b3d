// What receive-pack says to a pre-receive hook: `<old> <new> <ref>` a line. The names are the pusher's, so nothing is taken on trust.

import { latin1 } from "#domain/secrets/utf8.ts";

import { refNameProblem } from "./ref-name.ts";

export interface Update {
  readonly ref: string;
  /** Undefined where there is nothing: a ref that is made has no old value, one that is deleted no new one. */
  readonly old: string | undefined;
  readonly new: string | undefined;
}

/** Of one push; git itself has no limit. */
const MOST = 1000;
export const MOST_UPDATE_BYTES = 2 * 1024 * 1024;
const LINE = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (.+)$/s;

export interface RefProblem {
  readonly ref: string;
  readonly problem: string;
}

/** All updates, or what is wrong with some of them: then none of them is done. */
export function readUpdates(
  input: Uint8Array,
): { readonly updates: readonly Update[] } | { readonly problems: readonly RefProblem[] } {
  if (input.length > MOST_UPDATE_BYTES)
    return { problems: [{ ref: "", problem: "the names of its refs are too long" }] };
  const text = decode(input);
  if (!text.endsWith("\n")) return { problems: [{ ref: "", problem: "git did not say what is pushed" }] };
  const lines = text.slice(0, -1).split("\n");
  if (lines.length > MOST)
    return { problems: [{ ref: "", problem: `it has more than ${MOST} refs; push them in parts` }] };
  const updates: Update[] = [];
  const problems: RefProblem[] = [];
  const seen = new Set<string>();
  for (const line of lines) {
    const [, from, to, ref] = LINE.exec(line) ?? [];
    if (from === undefined || to === undefined || ref === undefined) {
      problems.push({ ref: "", problem: "git did not say what is pushed" });
      continue;
    }
    const problem = seen.has(ref) ? "it is named twice" : (refNameProblem(ref) ?? nothing(from, to));
    seen.add(ref);
    if (problem === undefined) updates.push({ ref, old: valueOf(from), new: valueOf(to) });
    else problems.push({ ref, problem });
  }
  return problems.length > 0 ? { problems } : { updates };
}

function valueOf(id: string): string | undefined {
  return /^0+$/.test(id) ? undefined : id;
}

function nothing(from: string, to: string): string | undefined {
  return valueOf(from) === undefined && valueOf(to) === undefined ? "there is no such ref to delete" : undefined;
}

/** Refs are bytes; nearly all are UTF-8, and another one is none that a message could name. */
function decode(input: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(input);
  } catch {
    return latin1WithMarks(input);
  }
}

/** So that the name is refused, and can be told. */
function latin1WithMarks(input: Uint8Array): string {
  let text = "";
  for (let at = 0; at < input.length; at += 8192) text += latin1(input, at, Math.min(input.length, at + 8192));
  return text.replaceAll(/[\u0080-\u00ff]/g, "?");
}
