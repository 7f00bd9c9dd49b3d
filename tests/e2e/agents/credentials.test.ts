// A credential that is missing, of the wrong kind, malformed or expired: the launch is refused in words that say what to do,
// no value of it is repeated, and nothing is left behind.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";
import { afterEach, describe, expect, it } from "vitest";

import { LABEL, rootLabel } from "#backends/docker/names.ts";
import { requireAgents } from "#tests/helpers/agents/require-agents.ts";
import { LOOP_BACKENDS, type LoopBackend } from "#tests/helpers/backends.ts";
import { processesNaming } from "#tests/helpers/bottles.ts";

import { type AgentCase, type AgentWorld, type Equipment, openWorld } from "./agent-world.ts";
import { claude } from "./cases/claude.ts";
import { codex, loginWith, madeUpToken, writeLogin } from "./cases/codex.ts";
import { pi } from "./cases/pi.ts";

interface Refusal {
  readonly what: string;
  readonly equip: AgentCase["equip"];
  /** What is said is wrong, and what to do about it. */
  readonly words: readonly RegExp[];
}

const ROUTES = { provider: { forward_host_credentials: true } } satisfies Equipment;
const LOG_IN = /codex login --device-auth/;

/** The operator's auth.json with this in it. */
function login(content: (credential: string) => unknown): AgentCase["equip"] {
  return async ({ credential, home }) => {
    await writeLogin(home, content(credential));
    return ROUTES;
  };
}

function withoutExpiry(): string {
  return madeUpToken({ exp: undefined });
}

const CODEX: readonly Refusal[] = [
  { what: "no login at all", equip: async () => ROUTES, words: [/there is no Codex login/, LOG_IN] },
  {
    what: "a login that is no JSON",
    equip: login((token) => `{"tokens": "${token}"`),
    words: [/no JSON object/, LOG_IN],
  },
  {
    what: "an API key alone",
    equip: login((token) => ({ auth_mode: "apikey", OPENAI_API_KEY: token })),
    words: [/is an API key/, LOG_IN],
  },
  {
    what: "a login without an access token",
    equip: login((token) => ({ auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens: { refresh_token: token } })),
    words: [/no access token/, LOG_IN],
  },
  {
    what: "an access token that does not tell when it expires",
    equip: login(() => loginWith(withoutExpiry())),
    words: [/does not tell when it expires/, LOG_IN],
  },
  {
    what: "an access token that has expired",
    equip: login(() => loginWith(madeUpToken({ exp: Math.floor(Date.now() / 1000) - 60 }))),
    words: [/expired at \d{4}-\d\d-\d\dT/, LOG_IN],
  },
  {
    what: "neither a login nor a route",
    equip: async () => ({}),
    words: [/no credential/, /forward_host_credentials/],
  },
];

const token = { auth_token: "BOTTLE_CLAUDE_TOKEN" };
const CLAUDE: readonly Refusal[] = [
  {
    what: "a variable that is not set",
    equip: async () => ({ provider: token }),
    words: [/\$BOTTLE_CLAUDE_TOKEN is not set/, /claude setup-token/],
  },
  {
    what: "a variable that is empty",
    equip: async () => ({ provider: token, env: { BOTTLE_CLAUDE_TOKEN: "" } }),
    words: [/\$BOTTLE_CLAUDE_TOKEN is empty/, /claude setup-token/],
  },
  {
    what: "an API key in place of a token",
    equip: async ({ credential }) => ({ provider: token, env: { BOTTLE_CLAUDE_TOKEN: `sk-ant-api03-${credential}` } }),
    words: [/holds an API key/, /header:x-api-key/],
  },
  { what: "neither a token nor a route", equip: async () => ({}), words: [/no credential/, /auth_token/] },
];

const PI: readonly Refusal[] = [
  { what: "no route that brings one", equip: async () => ({}), words: [/no model/, /openrouter\.ai/] },
  {
    what: "a route whose variable is not set",
    equip: async () => ({ routes: [{ host: "openrouter.ai", auth: { scheme: "Bearer", token_ref: "NOT_SET_HERE" } }] }),
    words: [/NOT_SET_HERE/],
  },
];

const CASES: readonly (readonly [AgentCase, readonly Refusal[]])[] = [
  [codex, CODEX],
  [claude, CLAUDE],
  [pi, PI],
];

const STARTS = [["--yes", "--detach"], ["--dry-run"], ["--yes", "--prompt", "go", "--json", "--debug"]];

let world: AgentWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

describe("a launch that lacks its credential is refused", requireAgents(), () => {
  for (const backend of LOOP_BACKENDS) {
    describe(`on ${backend.name}`, backend.required, () => {
      for (const [agent, refusals] of CASES) {
        it.each(refusals)(`${agent.name}: $what`, async ({ equip, words }) => {
          world = await openWorld(agent, backend, [{ say: "never" }], equip);
          const { own, model, home } = world;
          const values = await secretsOf(own.env, home, model.credential);
          for (const options of STARTS) {
            const { exitCode, stdout, stderr } = await own.attempt("start", agent.name, ...options);
            expect([exitCode, stdout]).toEqual([2, ""]);
            for (const word of words) expect(stderr).toMatch(word);
            for (const value of values) expect(stderr).not.toContain(value);
          }
          await expectNothingLeft(own.root, backend, values);
          expect(model.requests()).toEqual([]);
        });
      }
    });
  }
});

/** Every long word of what the operator holds. */
async function secretsOf(env: Readonly<Record<string, string>>, home: string, credential: string): Promise<string[]> {
  const login = await readFile(join(home, ".codex/auth.json"), "utf8").catch(() => "");
  const texts = [login, env["BOTTLE_CLAUDE_TOKEN"] ?? "", credential];
  return texts.flatMap((text) => text.match(/[\w.-]{24,}/g) ?? []);
}

async function expectNothingLeft(root: string, { name }: LoopBackend, values: readonly string[]): Promise<void> {
  for (const folder of ["state", "queue", "audit"]) {
    expect(await readdir(join(root, folder)).catch(() => [])).toEqual([]);
  }
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(entry.parentPath, entry.name), "utf8");
    for (const value of values) expect(content).not.toContain(value);
  }
  expect(processesNaming(root)).toEqual([]);
  if (name !== "docker") return;
  // Of this root nothing was ever made: its containers, networks and volumes would be labelled with it.
  for (const [kind, ...list] of [
    ["container", "ls", "--all"],
    ["network", "ls"],
    ["volume", "ls"],
  ]) {
    const { stdout } = await execa("docker", [
      kind ?? "",
      ...list,
      "--quiet",
      "--filter",
      `label=${LABEL.root}=${rootLabel(root)}`,
    ]);
    expect(stdout).toBe("");
  }
}
