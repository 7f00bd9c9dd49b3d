// An agent in a terminal of ours, outside of a bottle, with what its provider would give it inside: its screen is what our
// rules look at.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import * as pty from "@lydell/node-pty";

import type { ProviderPlan } from "#contracts/provider.ts";
import { providerNamed } from "#core/providers/registry.ts";
import type { Route } from "#domain/egress/route.ts";
import type { ScreenView } from "#domain/provider/screen-rules.ts";
import { MODEL_HOSTS } from "#fixtures/model-api/hosts.ts";
import { startNameProxy } from "#fixtures/model-api/name-proxy.ts";
import { unsignedToken } from "#fixtures/model-api/bare-agent.ts";
import { holdSequences } from "#lib/screen/hold-sequences.ts";
import { openEmulator } from "#lib/screen/emulator.ts";
import { agentsPath } from "#tests/helpers/agents/require-agents.ts";
import { openModel, type TestModel } from "#tests/helpers/agents/model.ts";

export type AgentName = "claude" | "codex" | "pi";

export interface SessionOptions {
  readonly agent: AgentName;
  readonly turns: readonly object[];
  /** Without the flags that make it ask for nothing. */
  readonly asking?: boolean;
  /** Without a credential of any sort, as on a machine where nobody logged in. */
  readonly loggedOut?: boolean;
  /** In a folder that it was not told to trust. */
  readonly untrusted?: boolean;
}

export interface Session {
  readonly model: TestModel;
  readonly workspace: string;
  view(): ScreenView;
  type(keys: string): void;
  /** Until the screen shows it; fails with the screen. */
  waitFor(wanted: RegExp, timeoutMs?: number): Promise<void>;
  until(check: () => boolean, what: string, timeoutMs?: number): Promise<void>;
  /** Until nothing was drawn for so long, or half as often as that the time is over. */
  calm(quietMs?: number): Promise<void>;
  close(): Promise<void>;
}

export const COLS = 100;
export const ROWS = 30;

export async function openSession(options: SessionOptions): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), "screens-"));
  const home = join(folder, "home");
  const workspace = join(folder, "project");
  mkdirSync(workspace, { recursive: true });
  const plan = await planFor(options, home, workspace);
  const model = await openModel({ scenario: { turns: options.turns }, credentials: credentialsIn(plan) });
  const proxy = await startNameProxy(Object.fromEntries(MODEL_HOSTS.map((host) => [host, model.socket])));
  writeFiles(plan, options, workspace);

  const emulator = openEmulator(COLS, ROWS, (data) => child.write(data), 0);
  const holder = holdSequences();
  let drawnAt = performance.now();
  const argv = options.asking === true ? plan.argv.filter((argument) => !argument.includes("dangerously")) : plan.argv;
  const asking = options.asking === true && options.agent === "codex" ? ASKING_CODEX : [];
  const child = pty.spawn("/usr/bin/env", [...argv, ...asking], {
    name: "xterm-256color",
    cols: COLS,
    rows: ROWS,
    cwd: workspace,
    env: environment(plan, home, proxy.url, model.caPath, options),
  });
  const ended = new Promise<void>((resolve) => child.onExit(() => resolve()));
  child.onData((data) => {
    drawnAt = performance.now();
    emulator.write(holder.push(data), () => {});
  });
  const until = async (check: () => boolean, what: string, timeoutMs = 20_000): Promise<void> => {
    const end = performance.now() + timeoutMs;
    while (!check()) {
      if (performance.now() > end)
        throw new Error(`${options.agent}: no ${what} on\n${emulator.view().lines.join("\n")}`);
      // oxlint-disable-next-line no-await-in-loop -- looked at again and again
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    model,
    workspace,
    view: () => emulator.view(),
    type: (keys) => child.write(keys),
    until,
    waitFor: (wanted, timeoutMs) =>
      until(() => wanted.test([emulator.view().title, ...emulator.view().lines].join("\n")), String(wanted), timeoutMs),
    async calm(quietMs = 700) {
      const end = performance.now() + quietMs * 4;
      await until(() => performance.now() - drawnAt > quietMs || performance.now() > end, "calm", quietMs * 5);
    },
    async close() {
      child.kill("SIGKILL");
      await ended;
      await Promise.all([model.close(), proxy.close()]);
      emulator.dispose();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const ASKING_CODEX = ["--ask-for-approval", "on-request", "--sandbox", "read-only"];
const TOKEN = "SCREENS_TOKEN";

async function planFor({ agent }: SessionOptions, home: string, workspace: string): Promise<ProviderPlan> {
  const provider = await providerNamed(agent, home, "screens");
  const now = new Date();
  const token = unsignedToken(now);
  const login = {
    auth_mode: "chatgpt",
    tokens: { id_token: token, access_token: token, refresh_token: "none", account_id: ACCOUNT },
    last_refresh: now.toISOString(),
  };
  const route: Route = {
    host: "openrouter.ai",
    auth: { scheme: "Bearer", token_ref: "OPENROUTER_API_KEY" },
  };
  return await provider.provision({
    settings: {
      template: agent,
      ...(agent === "claude" ? { auth_token: TOKEN } : {}),
      ...(agent === "codex" ? { forward_host_credentials: true } : {}),
    },
    where: "screens",
    prompt: "",
    task: undefined,
    resume: false,
    home,
    workspace,
    cwd: workspace,
    routes: agent === "pi" ? [route] : [],
    supervise: undefined,
    skills: [],
    operator: {
      env: { [TOKEN]: "sk-ant-oat-made-up", OPENROUTER_API_KEY: "made-up" },
      home: "/home/operator",
      now,
      readFile: async (path) => (path.endsWith("/.codex/auth.json") ? JSON.stringify(login) : undefined),
    },
  });
}

const ACCOUNT = "00000000-0000-4000-8000-000000000000";

/** What the agent holds is a placeholder; without egress in between, that is what the stand-in is to take. */
function credentialsIn({ env, files }: ProviderPlan): string[] {
  const auth = files.find(({ path }) => path.endsWith("/auth.json"))?.content ?? "{}";
  const { tokens } = JSON.parse(auth) as { tokens?: { access_token?: string } };
  return [...Object.values(env).filter((value) => value.includes("placeholder")), tokens?.access_token ?? "none"];
}

function writeFiles({ files }: ProviderPlan, options: SessionOptions, workspace: string): void {
  for (const { path, content, mode, encoding = "utf8" } of files) {
    if (options.loggedOut === true && path.endsWith("/auth.json")) continue;
    mkdirSync(dirname(path), { recursive: true });
    const text = options.untrusted === true ? content.replaceAll(workspace, `${workspace}-other`) : content;
    writeFileSync(path, encoding === "utf8" ? text : Buffer.from(content, encoding), { mode });
  }
}

function environment(
  { env }: ProviderPlan,
  home: string,
  proxy: string,
  caPath: string,
  { loggedOut = false }: SessionOptions,
): Record<string, string> {
  const own = Object.entries(env).filter(([name]) => !(loggedOut && /TOKEN|KEY/.test(name)));
  return {
    ...Object.fromEntries(own),
    HOME: home,
    PATH: `${agentsPath()}:${process.env["PATH"] ?? ""}`,
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    LANG: "C.UTF-8",
    SHELL: "/bin/bash",
    IS_SANDBOX: "1",
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: "127.0.0.1,localhost",
    NODE_EXTRA_CA_CERTS: caPath,
    SSL_CERT_FILE: caPath,
    CODEX_CA_CERTIFICATE: caPath,
  };
}
