// Decides whether the operator's Codex login can be lent to a bottle. What is wrong is said without any value of the file.

import { BottleError } from "#domain/bottle-error.ts";

import { asObject, claimsOf, jsonObject, own } from "./claims.ts";

type Json = Readonly<Record<string, unknown>>;

export interface HostAuth {
  /** Never printed, never written. */
  readonly accessToken: string;
  readonly expiresAt: Date;
  /** The whole file. */
  readonly file: Json;
}

export const LOG_IN = "run `codex login --device-auth` on this machine";
/** After it a Date holds no time. */
const LAST_SECOND = 8.64e12;

/** Throws BottleError `invalid`; `text` is undefined where there is no file. */
export function readHostAuth(text: string | undefined, path: string, now: Date): HostAuth {
  const refuse = (what: string, hint = `${LOG_IN} and start again`): never => {
    throw new BottleError("invalid", what, { where: path, hint });
  };
  if (text === undefined)
    return refuse("there is no Codex login", `${LOG_IN}, or leave out agent_provider.forward_host_credentials`);
  const file = jsonObject(text) ?? refuse("it is no JSON object");
  const wrong = wrongKind(file);
  if (wrong !== undefined) return refuse(wrong);
  const token = own(asObject(own(file, "tokens")), "access_token");
  if (typeof token !== "string" || token === "") return refuse("the login has no access token");
  const claims = claimsOf(token) ?? refuse("the access token is no JSON Web Token, so that nothing tells its end");
  const end = own(claims, "exp");
  if (typeof end !== "number" || !(Math.abs(end) <= LAST_SECOND))
    return refuse("the access token does not tell when it expires (`exp`)");
  const expiresAt = new Date(Math.floor(end) * 1000);
  if (expiresAt <= now) return refuse(`the access token expired at ${expiresAt.toISOString()}`);
  return { accessToken: token, expiresAt, file };
}

/** Codex marks a login by its kind; older ones have no mark. */
function wrongKind(file: Json): string | undefined {
  const mode = own(file, "auth_mode") ?? undefined;
  const hasKey = typeof own(file, "OPENAI_API_KEY") === "string";
  const hasTokens = asObject(own(file, "tokens")) !== undefined;
  if (isMode(mode, "apikey") || (mode === undefined && hasKey && !hasTokens))
    return "the login is an API key, which is not lent by `forward_host_credentials`";
  if (mode !== undefined && !isMode(mode, "chatgpt"))
    return "the login is neither a device nor a ChatGPT login (`auth_mode`)";
  return hasTokens ? undefined : "the login has no `tokens`";
}

/** `apikey`, `ApiKey` and `api_key` are one. */
function isMode(mode: unknown, name: string): boolean {
  return typeof mode === "string" && mode.toLowerCase().replaceAll(/[-_]/g, "") === name;
}
