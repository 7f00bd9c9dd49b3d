// One JSON file from disk through its schema; what is wrong with it is a value, not a throw.

import type * as z from "zod";

import type { Problem } from "#domain/problem/problem.ts";
import { checkYaml } from "#domain/problem/schema-problems.ts";
import { plainLine } from "#domain/plain-text.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { readBounded, SIZE_LIMIT } from "#lib/read-bounded.ts";

export type Checked<T> =
  | { readonly state: "ok"; readonly value: T }
  | { readonly state: "missing" }
  /** `message` names the field and fits on one line. */
  | { readonly state: "bad"; readonly message: string };

export async function readChecked<S extends z.ZodType>(path: string, schema: S): Promise<Checked<z.infer<S>>> {
  let text: string | undefined | null;
  try {
    text = readBounded(path);
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return { state: "missing" };
    return bad(error instanceof Error ? error.message : String(error));
  }
  if (text === null) return { state: "missing" };
  if (text === undefined) return bad(`is no regular file of at most ${SIZE_LIMIT} bytes`);
  return checkJson(text, schema);
}

function checkJson<S extends z.ZodType>(text: string, schema: S): Checked<z.infer<S>> {
  try {
    return checkValue(JSON.parse(text), schema);
  } catch {
    return bad("is not JSON");
  }
}

export function checkValue<S extends z.ZodType>(
  value: unknown,
  schema: S,
): Exclude<Checked<z.infer<S>>, { state: "missing" }> {
  const checked = checkYaml(schema, { path: "", value, lineOf: () => undefined });
  return checked.ok ? { state: "ok", value: checked.value } : bad(problemText(checked.problems));
}

/** The first problems in one line: `payload.host: is missing`. */
function problemText(problems: readonly Problem[], most = 3): string {
  const texts = problems.map(({ field, message }) =>
    field === undefined || field === "" ? message : `${field}: ${message}`,
  );
  const more = texts.length > most ? ` (and ${texts.length - most} more)` : "";
  return plainLine(texts.slice(0, most).join("; ")).slice(0, 500) + more;
}

function bad(message: string): { state: "bad"; message: string } {
  return { state: "bad", message };
}
