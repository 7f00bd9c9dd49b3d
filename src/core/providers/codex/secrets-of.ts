// Which texts of an `auth.json` are secrets: all of them, those inside its tokens and the names of members too, but for what
// stands where an account, a plan, a time or an audience stands.

import { asObject, claimsOf } from "./claims.ts";

/** What may be kept stands in members of these names. */
const OPEN = new Set(["account_id", "chatgpt_account_id", "chatgpt_plan_type", "aud", "auth_mode"]);
/** Shorter texts are contained in everything. */
const SHORTEST = 6;

/** Says of a text whether it is one of the file's secrets, has one in it, or is a part of one of its tokens. */
export function secretsOf(file: unknown): (value: string) => boolean {
  const secrets = new Set<string>();
  collect(file, "", (text) => secrets.add(text), 0);
  const long = [...secrets].filter(({ length }) => length >= SHORTEST);
  const isTold = (value: string, secret: string): boolean => value.includes(secret) || secret.includes(value);
  return (value) => secrets.has(value) || (value.length >= SHORTEST && long.some((secret) => isTold(value, secret)));
}

const DEEPEST = 64;

function collect(value: unknown, name: string, add: (text: string) => void, depth: number): void {
  if (depth > DEEPEST) return;
  if (typeof value === "string") {
    if (!OPEN.has(name)) add(value);
    const claims = claimsOf(value);
    if (claims !== undefined) collect(claims, "", add, depth + 1);
  } else if (typeof value === "number") add(String(value));
  else if (Array.isArray(value)) for (const one of value) collect(one, name, add, depth + 1);
  else
    for (const [key, member] of Object.entries(asObject(value) ?? {})) {
      add(key);
      collect(member, key, add, depth + 1);
    }
}
