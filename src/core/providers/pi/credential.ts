// What brings Pi its models: routes of the definition with `auth`. Without any the launch is refused, saying what to write.

import type { ProvisionSpec } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Route } from "#domain/egress/route.ts";

import { MODEL_HOSTS } from "./model-hosts.ts";
import { PLACEHOLDER, TOKEN_PLACEHOLDER } from "./placeholder.ts";
import type { Reach } from "./reach.ts";

const ANTHROPIC_KEY = "header:x-api-key";
/** Named in an error; all are in the documentation. */
const NAMED = MODEL_HOSTS.slice(0, 5).map(({ host }) => host);

/** Where Pi looks for keys: placeholders, as egress has the real ones. Throws `invalid` for a key that is sent in the wrong way. */
export function placeholders(reach: readonly Reach[], { where, operator }: ProvisionSpec): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { provider, route, variable } of reach) {
    if (variable === undefined) continue;
    const isToken = provider === "anthropic" && route.auth?.scheme === "Bearer";
    if (provider === "anthropic") demandKind(route, where, operator.env);
    if (isToken) env["ANTHROPIC_OAUTH_TOKEN"] = TOKEN_PLACEHOLDER;
    else env[variable] = PLACEHOLDER;
  }
  return env;
}

export function demandReach(reach: readonly Reach[], logins: readonly string[], { where }: ProvisionSpec): void {
  if (reach.length > 0) return;
  const known = `${NAMED.join(", ")}, or another that Pi knows or your models.json names`;
  const left = logins.length === 0 ? "" : ` (${whyLeft(logins)})`;
  throw new BottleError("invalid", `Pi has no model: no route brings a credential for the host of one${left}`, {
    where: `${where}: egress.routes`,
    hint: `add a route such as {host: openrouter.ai, auth: {scheme: Bearer, token_ref: OPENROUTER_API_KEY}}; hosts are ${known}`,
  });
}

/** `logins`: the providers that the operator's Pi is logged in to. */
export function whyLeft(logins: readonly string[]): string {
  return (
    `your Pi's login to ${logins.join(", ")} stays with you: whoever holds it renews it, ` +
    "and of two holders one would lose it"
  );
}

/** Anthropic takes a subscription's token as Bearer and a key in a header of its own, and each nowhere else. */
function demandKind({ host, auth }: Route, where: string, env: Readonly<Record<string, string | undefined>>): void {
  if (auth === undefined || !Object.hasOwn(env, auth.token_ref)) return;
  const value = env[auth.token_ref] ?? "";
  const isBearer = auth.scheme === "Bearer";
  const [is, wants] = isBearer
    ? ["an API key, which is not sent as Bearer", ANTHROPIC_KEY]
    : ["a subscription's token, which is sent as Bearer only", "Bearer"];
  if (!value.startsWith(isBearer ? "sk-ant-api" : "sk-ant-oat")) return;
  throw new BottleError("invalid", `${auth.token_ref} holds ${is}`, {
    where: `${where}: egress.routes: ${host}`,
    hint: `write auth: {scheme: ${JSON.stringify(wants)}, token_ref: ${auth.token_ref}}`,
  });
}
