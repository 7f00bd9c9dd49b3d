// What will be launched, for the operator to read before it is.

import type { Preflight } from "#contracts/console.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Paint } from "./paint.ts";
import { labelled } from "./table.ts";

export function preflightText(preflight: Preflight, paint: Paint): string {
  const pairs = preflight.lines.map(({ label, text }): [string, string] => [plainLine(label), plainLine(text)]);
  const asks = preflight.questions.map(({ name, prompt }): [string, string] => [
    "asks for",
    `${name} (${plainLine(prompt)})`,
  ]);
  const warnings = preflight.warnings.map((warning) => paint("yellow", `warning: ${plainLine(warning)}`));
  // A slug is drawn again once the questions are answered.
  const slug: [string, string][] = preflight.questions.length === 0 ? [["slug", preflight.slug]] : [];
  return [labelled([...slug, ...pairs, ...asks], paint), ...warnings].join("\n");
}
