// Where Codex's credential comes from: the operator's own login, a seed of the bottle's, or a key that a route brings.

import { isAbsolute, join } from "node:path";

import type { OperatorSide, ProvisionSpec } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { ruleHost } from "#domain/definition/egress.ts";
import type { Route } from "#domain/egress/route.ts";
import type { HostCredential } from "#domain/provider/credential.ts";

import { LOG_IN, readHostAuth } from "./read-host-auth.ts";
import { synthesizeAuth } from "./synthesize-auth.ts";

const API = "api.openai.com";
const CHATGPT = "chatgpt.com";
/** Where a login is renewed. */
const LOGIN = "auth.openai.com";
/** What of ChatGPT belongs to Codex: its model, and its account's settings and limits. */
const CODEX_PATHS = ["/backend-api/codex/", "/backend-api/wham/"];
const VARIABLE = "BOT_BOTTLE_CODEX_HOST_ACCESS_TOKEN";
/** Egress puts the real one in its place. */
const PLACEHOLDER_KEY = "egress-placeholder";

const UNUSED_KEY = `egress.routes: the key for ${API} is not used: this machine's Codex login goes there (forward_host_credentials)`;

export interface CodexCredential {
  /** `auth.json` in the bottle; undefined where somebody else brings it. */
  readonly authFile: string | undefined;
  readonly routes: readonly Route[];
  readonly credentials: readonly HostCredential[];
  readonly warnings: readonly string[];
}

/** Throws BottleError `invalid` for a login that cannot be used, and where there is no credential at all. */
export async function credentialOf({ settings, where, routes, operator }: ProvisionSpec): Promise<CodexCredential> {
  const key = routes.find(({ host, auth }) => ruleHost(host) === API && auth !== undefined);
  if (settings.seed !== undefined) return ownLogin();
  if (settings.forward_host_credentials === true) return await hostLogin(operator, key);
  if (key !== undefined) return apiKey(key);
  throw new BottleError("invalid", "Codex has no credential", {
    where: `${where}: agent_provider`,
    hint: `write \`forward_host_credentials: true\` to use this machine's Codex login, or give a route to ${API} with \`auth\` an API key`,
  });
}

async function hostLogin(operator: OperatorSide, key: Route | undefined): Promise<CodexCredential> {
  const path = authPath(operator);
  const auth = readHostAuth(await operator.readFile(path), path, operator.now);
  const { text, isOfAccount } = synthesizeAuth(auth, operator.now);
  const bearer = { scheme: "Bearer", token_ref: VARIABLE };
  return {
    authFile: text,
    routes: [
      // The login opens the whole account: what was said in other conversations is none of an agent's business.
      { host: CHATGPT, path_allowlist: CODEX_PATHS, auth: bearer },
      { host: API, auth: bearer },
    ],
    credentials: [
      { variable: VARIABLE, value: auth.accessToken, source: path, expiresAt: auth.expiresAt, renew: `${LOG_IN}.` },
    ],
    warnings: [
      ...(key === undefined ? [] : [UNUSED_KEY]),
      ...(isOfAccount ? [] : [`the account in ${path} is of no form that is known, and the agent is not told of it`]),
    ],
  };
}

/** The definition's own route, as it is written, but a provider's: secrets are starred out on it unless it says more. */
function apiKey(route: Route): CodexCredential {
  const authFile = { auth_mode: "apikey", OPENAI_API_KEY: PLACEHOLDER_KEY };
  return { authFile: written(authFile), routes: [route], credentials: [], warnings: [] };
}

/** The agent holds its login itself, and renews it. */
function ownLogin(): CodexCredential {
  // Egress takes away every Authorization that an agent sends: its own passes only where the connection is not opened.
  const routes = [CHATGPT, API, LOGIN].map((host) => ({ host, pipelock: { tls_passthrough: true } }));
  return { authFile: undefined, routes, credentials: [], warnings: [] };
}

function written(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** As Codex finds it. */
function authPath({ env, home }: OperatorSide): string {
  const folder = env["CODEX_HOME"];
  if (folder !== undefined && folder !== "") return join(expanded(folder, home), "auth.json");
  if (home !== undefined) return join(home, ".codex", "auth.json");
  throw new BottleError("invalid", "there is no home folder to look for a Codex login in", {
    where: "HOME",
    hint: "set HOME, or CODEX_HOME to the folder of Codex's auth.json",
  });
}

function expanded(folder: string, home: string | undefined): string {
  if (home !== undefined && /^~(?:\/|$)/.test(folder)) return join(home, folder.slice(1));
  if (isAbsolute(folder)) return folder;
  throw new BottleError("invalid", `${JSON.stringify(folder)} is no absolute path`, {
    where: "CODEX_HOME",
    hint: "set CODEX_HOME to an absolute path, or leave it out",
  });
}
