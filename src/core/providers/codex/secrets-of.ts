// Which texts of an `auth.json` are secrets: all of them, those inside its tokens and the names of members too, but for what
// stands where an account, a plan, a time or an audience stands.

import { asObject, claimsOf } from "./claims.ts";

/** What may be kept stands in members of these names. */
const OPEN = new Set(["account_id", "chatgpt_account_id", "chatgpt_plan_type", "aud", "auth_mode"]);
/** Shorter texts are contained in everything. */
const SHORTEST = 6;
/** Of members within members. */
const DEEPEST = 64;

/** Says of a text whether it is one of the file's secrets, has one in it, or is a part of one of its tokens. */
export function secretsOf(file: unknown): (value: string) => boolean {
  const found: Found = { texts: new Set(), tokens: new Set() };
  collect(file, "", found, "file", 0);
  const texts = [...found.texts].filter(({ length }) => length >= SHORTEST);
  const tokens = [...found.tokens];
  return (value) =>
    found.texts.has(value) ||
    (value.length >= SHORTEST &&
      (texts.some((text) => value.includes(text)) || tokens.some((token) => token.includes(value))));
}

interface Found {
  readonly texts: Set<string>;
  /** Those of the file itself: among the claims in them, some name the account within a longer text. */
  readonly tokens: Set<string>;
}

function collect(value: unknown, name: string, found: Found, inside: "file" | "claims", depth: number): void {
  if (depth > DEEPEST) return;
  if (typeof value === "number") found.texts.add(String(value));
  else if (typeof value === "string") {
    if (!OPEN.has(name)) {
      found.texts.add(value);
      if (inside === "file") found.tokens.add(value);
    }
    const claims = claimsOf(value);
    if (claims !== undefined) collect(claims, "", found, "claims", depth + 1);
  } else if (Array.isArray(value)) {
    for (const one of value) collect(one, name, found, inside, depth + 1);
  } else {
    for (const [key, member] of Object.entries(asObject(value) ?? {})) {
      found.texts.add(key);
      collect(member, key, found, inside, depth + 1);
    }
  }
}
