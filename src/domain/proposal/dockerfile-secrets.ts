// Secrets that stand in a proposed Dockerfile: they would stay readable in the image.

import { createSecretScanner, type CreatedScanner } from "#domain/secrets/create-scanner.ts";
import { utf8 } from "#domain/secrets/utf8.ts";

import { danger, type Warning } from "./warning.ts";

let scanner: CreatedScanner | undefined;
/** Faces ask at each frame. */
let last: { readonly text: string; readonly warnings: readonly Warning[] } | undefined;

export function dockerfileSecrets(text: string): readonly Warning[] {
  if (last?.text !== text) last = { text, warnings: find(text) };
  return last.warnings;
}

function find(text: string): Warning[] {
  scanner ??= createSecretScanner({ own: [] });
  const bytes = utf8(text);
  const { matches, exhausted } = scanner.scan(bytes);
  const found = matches.map(({ rule, start }) => {
    const line = bytes.subarray(0, start).filter((byte) => byte === 10).length + 1;
    return danger(
      "planted-secret",
      `Line ${line} holds what looks like a secret (${rule}): it would stay in the image.`,
    );
  });
  return exhausted ? [...found, danger("planted-secret", "It was not searched for secrets to its end.")] : found;
}
