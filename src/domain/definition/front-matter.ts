// A definition file is Markdown: YAML between two lines of `---`, then a body.

import type { Problem } from "#domain/problem/problem.ts";
import { FILE_LIMIT, readYaml, type YamlOptions, type YamlText } from "#domain/yaml-text.ts";

/** Far more than any definition needs: a parser's work is bounded by it, and an agent's may come from a repository. */
export const FRONT_MATTER_LIMITS = { bottle: 65_536, agent: 16_384 } as const;

export interface FrontMatter {
  /** Everything up to and with the line that opens the front matter. */
  readonly head: string;
  /** Between the two lines; ends with a line break unless it is empty. */
  readonly yaml: string;
  /** From the line that closes it on. */
  readonly tail: string;
  /** Below the front matter, trimmed. */
  readonly body: string;
}

export type ReadFrontMatter =
  | { readonly ok: true; readonly yaml: YamlText; readonly body: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const OPENING = /^\uFEFF?---[ \t]*\r?\n/;
const CLOSING = /^---[ \t]*\r?$/m;

/** Undefined when there is no front matter, or it is never closed. */
export function splitFrontMatter(text: string): FrontMatter | undefined {
  const head = OPENING.exec(text)?.[0];
  if (head === undefined) return undefined;
  const rest = text.slice(head.length);
  const closing = CLOSING.exec(rest);
  if (closing === null) return undefined;
  const tail = rest.slice(closing.index);
  return { head, yaml: rest.slice(0, closing.index), tail, body: tail.slice(closing[0].length).trim() };
}

export function readFrontMatter(
  text: string,
  kind: keyof typeof FRONT_MATTER_LIMITS,
  options: Omit<YamlOptions, "firstLine">,
): ReadFrontMatter {
  const refuse = (message: string, line = 1): ReadFrontMatter => ({
    ok: false,
    problems: [{ severity: "error", path: options.path, line, message }],
  });
  if (text.length > FILE_LIMIT) return refuse("is larger than 1 MiB");
  const parts = splitFrontMatter(text);
  if (parts === undefined) {
    return refuse(
      OPENING.test(text)
        ? "the front matter is never closed; end it with a line of ---"
        : "has no front matter; begin it with a line of ---",
    );
  }
  const limit = FRONT_MATTER_LIMITS[kind];
  if (parts.yaml.length > limit) return refuse(`has a front matter of more than ${limit / 1024} KiB`);
  const read = readYaml(parts.yaml, { ...options, firstLine: 2 });
  if (!read.ok) return read;
  const { value } = read.yaml;
  if (value === null) return { ok: true, yaml: { ...read.yaml, value: {} }, body: parts.body };
  if (typeof value !== "object" || Array.isArray(value))
    return refuse("the front matter must be a map of keys and values", 2);
  return { ok: true, yaml: read.yaml, body: parts.body };
}
