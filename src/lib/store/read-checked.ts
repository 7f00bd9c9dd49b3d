// One JSON file from disk through its schema; what is wrong with it is a value, not a throw.

import { open } from "node:fs/promises";
import { constants } from "node:fs";
import type * as z from "zod";

import { plainLine } from "#domain/plain-text.ts";
import { isErrno } from "#lib/atomic-file.ts";

const SIZE_LIMIT = 1_048_576;

export type Checked<T> =
  | { readonly state: "ok"; readonly value: T }
  | { readonly state: "missing" }
  /** `message` names the field and fits on one line. */
  | { readonly state: "bad"; readonly message: string };

export async function readChecked<S extends z.ZodType>(path: string, schema: S): Promise<Checked<z.infer<S>>> {
  let text: string | undefined;
  try {
    text = await readBounded(path);
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return { state: "missing" };
    return bad(error instanceof Error ? error.message : String(error));
  }
  if (text === undefined) return bad(`is no regular file of at most ${SIZE_LIMIT} bytes`);
  return checkJson(text, schema);
}

export function checkJson<S extends z.ZodType>(text: string, schema: S): Checked<z.infer<S>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad("is not JSON");
  }
  const checked = schema.safeParse(value);
  return checked.success ? { state: "ok", value: checked.data } : bad(issueText(checked.error));
}

/** The first issues in one line: `payload.host: Invalid input: expected string`. */
export function issueText(error: z.ZodError, most = 3): string {
  const texts = error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`));
  const more = texts.length > most ? ` (and ${texts.length - most} more)` : "";
  return plainLine(texts.slice(0, most).join("; ")).slice(0, 500) + more;
}

// Not blocking: a pipe that somebody put there must not hang the reader.
async function readBounded(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    return stat.isFile() && stat.size <= SIZE_LIMIT ? await file.readFile("utf8") : undefined;
  } finally {
    await file.close();
  }
}

function bad(message: string): { state: "bad"; message: string } {
  return { state: "bad", message };
}
