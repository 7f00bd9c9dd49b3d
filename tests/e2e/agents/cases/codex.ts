// Codex as the tests run it: with the made-up login of an operator in their own auth.json.

import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { AgentCase } from "../agent-world.ts";

export const codex: AgentCase = {
  name: "codex",
  hosts: ["chatgpt.com", "api.openai.com"],
  credential: () => madeUpToken(),
  async equip({ credential, home }) {
    await writeLogin(home, loginWith(credential));
    return { provider: { forward_host_credentials: true } };
  },
  ready: /›|\/model to change/,
};

const ACCOUNT = "account-of-the-test";

/** As the login gives them out; `claims` over the usual ones. */
export function madeUpToken(claims: Readonly<Record<string, unknown>> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iat: now - 60,
    exp: now + 36_000,
    "https://api.openai.com/auth": { chatgpt_account_id: ACCOUNT, chatgpt_plan_type: "pro" },
    ...claims,
  };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(payload)}.${randomBytes(64).toString("base64url")}`;
}

export function loginWith(accessToken: string): object {
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: madeUpToken({ email: "operator@example.com" }),
      access_token: accessToken,
      refresh_token: `rt-${randomBytes(24).toString("base64url")}`,
      account_id: ACCOUNT,
    },
    last_refresh: new Date().toISOString(),
  };
}

/** The operator's `auth.json`, whatever it holds. */
export async function writeLogin(home: string, content: unknown): Promise<void> {
  await mkdir(join(home, ".codex"), { recursive: true });
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await writeFile(join(home, ".codex", "auth.json"), text);
}
