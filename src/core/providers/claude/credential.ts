// Who pays for Claude: the OAuth token of the operator, or an API key that the definition's own route brings. Neither enters
// the bottle: the agent holds a placeholder, and the egress proxy puts the real one into its requests.

import type { ProvisionSpec } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { ruleHost } from "#domain/definition/egress.ts";
import { own } from "#domain/definition/environment.ts";
import type { Route } from "#domain/egress/route.ts";
import type { HostCredential } from "#domain/provider/credential.ts";

const HOST = "api.anthropic.com";
export const PLACEHOLDER = "egress-placeholder";

const SETUP = "run `claude setup-token` and export what it prints";

export interface ClaudeCredential {
  /** Placeholders: which one it has makes Claude Code speak as a subscriber or with an API key. */
  readonly env: Readonly<Record<string, string>>;
  readonly routes: readonly Route[];
  readonly credentials: readonly HostCredential[];
  readonly warnings: readonly string[];
}

type Spec = Pick<ProvisionSpec, "settings" | "where" | "routes" | "operator">;

/** Throws `invalid` when there is none, or one that cannot work; never with its value. */
export function claudeCredential(spec: Spec): ClaudeCredential {
  const { auth_token: variable } = spec.settings;
  const route = spec.routes.find(({ host, auth }) => ruleHost(host) === HOST && auth !== undefined);
  if (variable !== undefined && variable !== "") return ofToken(variable, route, spec);
  if (route !== undefined) return ofRoute(route, spec);
  throw new BottleError("invalid", "Claude has no credential: neither a token nor an API key is named", {
    where: `${spec.where}: agent_provider`,
    hint: `${SETUP}, as CLAUDE_CODE_OAUTH_TOKEN for one, then write \`auth_token: CLAUDE_CODE_OAUTH_TOKEN\`; or write an egress route for ${HOST} with auth {scheme: "header:x-api-key", token_ref: ANTHROPIC_API_KEY}`,
  });
}

function ofToken(variable: string, route: Route | undefined, { where, operator }: Spec): ClaudeCredential {
  const at = `${where}: agent_provider.auth_token`;
  const value = own(operator.env, variable);
  const wrong = value === undefined ? "is not set in your environment" : tokenProblem(value);
  if (value === undefined || wrong !== undefined) {
    const hint = value?.startsWith("sk-ant-api") === true ? KEY_HINT : SETUP;
    throw new BottleError("invalid", `$${variable} ${wrong}`, { where: at, hint });
  }
  return {
    env: { CLAUDE_CODE_OAUTH_TOKEN: PLACEHOLDER },
    routes: [{ host: HOST, auth: { scheme: "Bearer", token_ref: variable } }],
    credentials: [
      // A token of `claude setup-token` tells nobody when it ends.
      { variable, value, source: `$${variable}`, expiresAt: undefined, renew: SETUP },
    ],
    warnings: [
      ...(route === undefined ? [] : [`the route for ${HOST} is not used: auth_token brings its own`]),
      ...(value.startsWith("sk-ant-oat")
        ? []
        : [`$${variable} does not look like a token of \`claude setup-token\`, which begins with sk-ant-oat`]),
    ],
  };
}

const KEY_HINT = `${SETUP}; or leave auth_token out and write an egress route for ${HOST} with auth {scheme: "header:x-api-key", token_ref: <its variable>}`;

/** Known by how it begins; what is wrong never quotes it. */
function tokenProblem(value: string): string | undefined {
  if (value.trim() === "") return "is empty";
  if (/\s/.test(value)) return "has blanks or line breaks in it; a token is one word";
  if (value.startsWith("sk-ant-api")) return "holds an API key, and auth_token takes an OAuth token";
  if (value.startsWith("sk-ant-ort")) return "holds a refresh token, and auth_token takes the access token";
  if (value.startsWith("{")) return "holds JSON, as in Claude's .credentials.json; auth_token takes the token alone";
  return undefined;
}

/** The definition's own route, as it is written, but a provider's: secrets are starred out on it unless it says more. */
function ofRoute(route: Route, { where, operator }: Spec): ClaudeCredential {
  const { scheme = "", token_ref: variable = "" } = route.auth ?? {};
  demandKind(own(operator.env, variable) ?? "", scheme, variable, where);
  const more = { routes: [route], credentials: [], warnings: [] };
  if (scheme.toLowerCase() === "header:x-api-key") return { env: { ANTHROPIC_API_KEY: PLACEHOLDER }, ...more };
  if (scheme === "Bearer") return { env: { CLAUDE_CODE_OAUTH_TOKEN: PLACEHOLDER }, ...more };
  throw new BottleError("invalid", `${HOST} takes no credential as ${scheme}`, {
    where: `${where}: egress.routes`,
    hint: "write `scheme: header:x-api-key` for an API key, or `scheme: Bearer` for an OAuth token",
  });
}

/** Each is taken in one way only; sent in the other, the agent would be told that it is invalid, and nobody why. */
function demandKind(value: string, scheme: string, variable: string, where: string): void {
  const isBearer = scheme === "Bearer";
  if (!value.startsWith(isBearer ? "sk-ant-api" : "sk-ant-oat")) return;
  const [is, wanted] = isBearer ? ["an API key", "header:x-api-key"] : ["an OAuth token", "Bearer"];
  throw new BottleError("invalid", `$${variable} holds ${is}, which ${HOST} does not take as ${scheme}`, {
    where: `${where}: egress.routes`,
    hint: `write \`scheme: ${wanted}\``,
  });
}
