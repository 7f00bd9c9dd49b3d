// Logins of Codex as its own file has them, made up.

type Json = Readonly<Record<string, unknown>>;

export const ACCOUNT = "0b8d2f1e-3c4a-4d5e-8f60-718293a4b5c6";
export const NOW = new Date("2026-11-21T06:00:00.000Z");
export const IN_AN_HOUR = NOW.getTime() / 1000 + 3600;
export const AUTH = "https://api.openai.com/auth";

export function tokenOf(payload: unknown, signature = "c2lnbmF0dXJlLW9mLXRoZS1ob3N0"): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", kid: "key-of-the-issuer" })}.${part(payload)}.${signature}`;
}

export const CLAIMS = {
  aud: ["https://api.openai.com/v1"],
  exp: IN_AN_HOUR,
  iat: IN_AN_HOUR - 4000,
  nbf: IN_AN_HOUR - 4000,
  pwd_auth_time: (IN_AN_HOUR - 5000) * 1000,
  iss: "https://auth.openai.com",
  sub: "auth0|subject-of-the-host",
  scp: ["openid", "offline_access"],
  session_id: "authsess_of-the-host",
  [AUTH]: {
    chatgpt_account_id: ACCOUNT,
    chatgpt_account_user_id: `user-of-the-host__${ACCOUNT}`,
    chatgpt_plan_type: "pro",
    chatgpt_user_id: "user-of-the-host",
    localhost: true,
    organizations: [{ id: "org-of-the-host" }],
  },
  "https://api.openai.com/profile": { email: "operator@real.example", email_verified: true },
};

export const ID_CLAIMS = {
  ...CLAIMS,
  aud: ["app_EMoamEEZ73f0CkXaXp7hrann"],
  email: "operator@real.example",
  amr: ["otp"],
};

export function loginOf(tokens: Json = {}, more: Json = {}): Json {
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: tokenOf(ID_CLAIMS),
      access_token: tokenOf(CLAIMS),
      refresh_token: "rt_refresh-token-of-the-host.abcdef",
      account_id: ACCOUNT,
      ...tokens,
    },
    last_refresh: "2026-11-20T01:02:03.456789Z",
    ...more,
  };
}
