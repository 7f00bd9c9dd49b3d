// The bundle's configuration from standard input: one JSON document, after which the writer may close or stay.

import type { Readable } from "node:stream";

import { BottleError } from "#domain/bottle-error.ts";
import { parseSlug } from "#domain/slug.ts";
import { BundleConfig } from "#domain/sidecars/bundle.ts";

/** The order that is kept for a rebuild is the most of it. */
const LIMIT = 8 * 1_048_576;

/** Resolves at the newline or the end that completes the document. Throws `invalid`. */
export async function readConfig(input: Readable): Promise<BundleConfig> {
  const text = await readDocument(input);
  const parsed = BundleConfig.safeParse(parseJson(text));
  if (parsed.success) {
    parseSlug(parsed.data.slug);
    return parsed.data;
  }
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "document"}: ${issue.message}`);
  throw new BottleError("invalid", issues.join("; "), {
    where: "standard input",
    hint: "write one BundleConfig as JSON",
  });
}

async function readDocument(input: Readable): Promise<string> {
  let text = "";
  input.setEncoding("utf8");
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.length > LIMIT) throw new BottleError("invalid", "is over 8 MiB", { where: "standard input" });
    if (text.trimEnd().endsWith("}") && /\n\s*$/.test(text) && parseJson(text) !== undefined) break;
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
