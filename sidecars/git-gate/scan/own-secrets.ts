// The bottle's own secrets, which no commit may hold: the operator's answers and the canary, as they are and as they are
// usually written in files (JSON, base64, hex).

import { CANARY_RULE } from "#domain/proposal/approved-exception.ts";
import type { OwnSecret } from "#domain/secrets/scanner.ts";

const PREFIX = "EGRESS_SECRET_";
/** A shorter value is a word that ordinary files contain. */
const SHORTEST = 8;

/** Out of the environment, so that no git and no hook of it inherits them. */
export function takeSecrets(env: NodeJS.ProcessEnv): OwnSecret[] {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX));
  return names.flatMap((name) => {
    const value = env[name] ?? "";
    delete env[name];
    return value.length < SHORTEST ? [] : [{ rule: ruleOf(name.slice(PREFIX.length)), value }];
  });
}

/** Each spelling once. */
export function spellingsOf(secrets: readonly OwnSecret[]): OwnSecret[] {
  const byValue = new Map<string, OwnSecret>();
  for (const { rule, value } of secrets) {
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

/** Ids of rules are in lower case. */
function ruleOf(name: string): string {
  return name === "CANARY" ? CANARY_RULE : `own:${name.toLowerCase()}`;
}
