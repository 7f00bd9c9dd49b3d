// Whether an `auth.json` that an agent left may replace the one that is kept. The agent writes it, so it may be anything.

import * as z from "zod";

/** Far more than Codex ever writes. */
export const AUTH_FILE_LIMIT = 65_536;

const text = z.string().min(1).max(32_768);

/** What must be there; keys that later versions add are let through. */
const Tokens = z.looseObject({
  access_token: text,
  refresh_token: text,
  id_token: z.unknown().optional(),
  account_id: z.string().max(500).nullable().optional(),
});
const AuthFile = z.looseObject({
  auth_mode: z.string().max(100).nullable().optional(),
  OPENAI_API_KEY: text.nullable().optional(),
  tokens: Tokens.nullable().optional(),
  last_refresh: z.string().max(100).nullable().optional(),
});

/** What of a credential must stay the same when it is renewed. Holds no secret. */
export interface Identity {
  readonly kind: "login" | "api-key";
  readonly account: string | undefined;
}

export type Judged =
  | { readonly ok: true; readonly identity: Identity }
  /** Words without a value from the file. */
  | { readonly ok: false; readonly why: string };

/** `before`: of the one that is kept; undefined for a first look at it. Never throws, whatever the text. */
export function judgeAuthFile(content: string, before: Identity | undefined): Judged {
  const identity = identityOf(content);
  if (typeof identity === "string") return { ok: false, why: identity };
  if (before === undefined) return { ok: true, identity };
  if (identity.kind !== before.kind)
    return {
      ok: false,
      why: before.kind === "login" ? "is an API key, no login any more" : "is a login, no API key any more",
    };
  if (before.account !== undefined && identity.account !== before.account)
    return { ok: false, why: "belongs to another account" };
  return { ok: true, identity };
}

/** Or what is wrong with it. */
function identityOf(content: string): Identity | string {
  if (content.length > AUTH_FILE_LIMIT) return "is too large";
  if (content.trim() === "") return "is empty";
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    return "is no JSON, or not written to its end";
  }
  const parsed = AuthFile.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    // The path's parts are keys of ours or the agent's own: only ours are said.
    const field = issue?.path.filter((part) => KNOWN.has(String(part))).join(".") ?? "";
    return field === "" ? "has another shape" : `has another shape (${field})`;
  }
  const { tokens, OPENAI_API_KEY: key } = parsed.data;
  if (tokens !== undefined && tokens !== null) return { kind: "login", account: tokens.account_id ?? undefined };
  if (key !== undefined && key !== null) return { kind: "api-key", account: undefined };
  return "holds no credential: logged out";
}

const KNOWN = new Set([
  "auth_mode",
  "OPENAI_API_KEY",
  "tokens",
  "last_refresh",
  "access_token",
  "refresh_token",
  "account_id",
]);
