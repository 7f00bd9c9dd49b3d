// The bottle's own secrets, which no commit may hold: the operator's answers and the canary, as they are and as they are
// usually written in files (JSON, base64, hex).

import type { OwnSecret } from "#domain/secrets/scanner.ts";

/** A shorter value is a word that ordinary files contain. */
const SHORTEST = 8;

/** Each spelling once; of values that are long enough. */
export function spellingsOf(secrets: readonly OwnSecret[]): OwnSecret[] {
  const byValue = new Map<string, OwnSecret>();
  for (const { rule, value } of secrets.filter((secret) => secret.value.length >= SHORTEST)) {
    const bytes = Buffer.from(value, "utf8");
    const spellings = [
      value,
      JSON.stringify(value).slice(1, -1),
      bytes.toString("hex"),
      bytes.toString("hex").toUpperCase(),
      ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
    ];
    for (const spelling of spellings) if (!byValue.has(spelling)) byValue.set(spelling, { rule, value: spelling });
  }
  return [...byValue.values()];
}

/** As it looks within the base64 of something longer, `offset` bytes into a group of three, in both alphabets. */
function base64At(bytes: Buffer, offset: number): string[] {
  const first = offset * 8;
  const last = first + bytes.length * 8;
  const group = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(3)]).toString("base64");
  const standard = group.slice(Math.ceil(first / 6), Math.floor(last / 6));
  return [standard, standard.replaceAll("+", "-").replaceAll("/", "_")];
}
