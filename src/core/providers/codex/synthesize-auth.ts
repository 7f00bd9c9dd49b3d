// The `auth.json` that a bottle's Codex believes in, made from the operator's by an allowlist: nothing of the operator's gets
// into it but what stands here by name and has the one form that is expected there. A name that is not known is left out, for
// a name may be a secret as well as a value.

import { asObject, claimsOf, own } from "./claims.ts";
import type { HostAuth } from "./read-host-auth.ts";
import { secretsOf } from "./secrets-of.ts";

type Json = Readonly<Record<string, unknown>>;
/** Whether a value that may be kept is a secret elsewhere in the file. */
type IsSecret = (value: string) => boolean;

const PLACEHOLDER = "bot-bottle-placeholder";
const EMAIL = "bot-bottle@example.invalid";
const AUTH_CLAIM = "https://api.openai.com/auth";
const PROFILE_CLAIM = "https://api.openai.com/profile";

const TIMES = ["exp", "iat", "nbf", "auth_time", "pwd_auth_time"];
const PLANS = ["free", "go", "plus", "pro", "prolite", "team", "business", "enterprise", "edu"];
const ACCOUNT =
  /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:acct|account|org|user)(?:[-_][A-Za-z0-9]{1,32}){1,5})$/i;
const AUDIENCE = /^(?:https:\/\/(?:[a-z]{1,16}\.)?openai\.com(?:\/v[0-9])?\/?|app_[A-Za-z0-9]{16,32})$/;

/** Of these only the sort is kept. */
const OTHER_CLAIMS = [
  "iss",
  "sub",
  "jti",
  "azp",
  "client_id",
  "name",
  "scp",
  "amr",
  "sid",
  "session_id",
  "sl",
  "at_hash",
  "rat",
];
const OTHER_AUTH_CLAIMS = [
  "chatgpt_account_user_id",
  "chatgpt_compute_residency",
  "chatgpt_subscription_active_start",
  "chatgpt_subscription_active_until",
  "chatgpt_subscription_last_checked",
  "chatgpt_user_id",
  "completed_platform_onboarding",
  "groups",
  "is_org_owner",
  "localhost",
  "organization_id",
  "organizations",
  "project_id",
  "user_id",
];

export interface SynthesizedAuth {
  /** Of the file. */
  readonly text: string;
  /** Whether it names the account that the operator's names, where that names one. */
  readonly isOfAccount: boolean;
}

/** No secret of the operator's file is in it (secrets-of.ts says what that is). */
export function synthesizeAuth({ file, expiresAt, accessToken }: HostAuth, now: Date): SynthesizedAuth {
  const tokens = asObject(own(file, "tokens"));
  const isSecret = secretsOf(file);
  const end = Math.floor(expiresAt.getTime() / 1000);
  const given = own(tokens, "account_id") ?? null;
  const account = given === null ? null : keptAccount(given, isSecret);
  const idToken = own(tokens, "id_token");
  const synthesized = {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: unsigned(claimsOf(typeof idToken === "string" ? idToken : ""), end, isSecret),
      access_token: unsigned(claimsOf(accessToken), end, isSecret),
      refresh_token: PLACEHOLDER,
      account_id: account,
    },
    last_refresh: now.toISOString(),
  };
  return { text: `${JSON.stringify(synthesized, undefined, 2)}\n`, isOfAccount: account === given };
}

function unsigned(claims: Json | undefined, end: number, isSecret: IsSecret): string {
  const header = { alg: "none", typ: "JWT" };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(keptClaims(claims, end, isSecret))}.placeholder`;
}

function keptClaims(claims: Json | undefined, end: number, isSecret: IsSecret): Json {
  const auth = asObject(own(claims, AUTH_CLAIM));
  const audience = own(claims, "aud");
  return {
    sub: PLACEHOLDER,
    ...sortsOf(claims, OTHER_CLAIMS),
    exp: end,
    ...Object.fromEntries(TIMES.flatMap((name) => keptTime(name, own(claims, name)))),
    ...(Array.isArray(audience) ? { aud: audience.filter((one) => isAudience(one, isSecret)) } : {}),
    email: EMAIL,
    email_verified: true,
    [PROFILE_CLAIM]: { email: EMAIL, email_verified: true },
    [AUTH_CLAIM]: {
      chatgpt_user_id: PLACEHOLDER,
      user_id: PLACEHOLDER,
      ...sortsOf(auth, OTHER_AUTH_CLAIMS),
      chatgpt_plan_type: keptPlan(own(auth, "chatgpt_plan_type"), isSecret),
      chatgpt_account_id: keptAccount(own(auth, "chatgpt_account_id"), isSecret),
    },
  };
}

function sortsOf(claims: Json | undefined, names: readonly string[]): Json {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = own(claims, name);
      return value === undefined ? [] : [[name, sortOf(value)]];
    }),
  );
}

function sortOf(value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "object") return Array.isArray(value) ? [] : {};
  return PLACEHOLDER;
}

/** Seconds or milliseconds of this century. */
function keptTime(name: string, value: unknown): [string, number][] {
  if (typeof value !== "number") return [];
  const whole = Math.floor(value);
  const [from, to] = [946_684_800, 4_102_444_800];
  const isTime = (whole >= from && whole < to) || (whole >= from * 1000 && whole < to * 1000);
  return isTime ? [[name, whole]] : [];
}

function keptPlan(value: unknown, isSecret: IsSecret): string {
  return typeof value === "string" && PLANS.includes(value) && !isSecret(value) ? value : "unknown";
}

function keptAccount(value: unknown, isSecret: IsSecret): string {
  return typeof value === "string" && ACCOUNT.test(value) && !isSecret(value) ? value : PLACEHOLDER;
}

function isAudience(value: unknown, isSecret: IsSecret): boolean {
  return typeof value === "string" && AUDIENCE.test(value) && !isSecret(value);
}
