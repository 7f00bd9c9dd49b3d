// What the provider writes, before the real Codex: it knows every setting, reads every text, and takes the login for one.

import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { execa } from "execa";
import { afterEach, describe, expect, it } from "vitest";

import type { ProvisionSpec } from "#contracts/provider.ts";
import { codex } from "#core/providers/codex/provider.ts";
import { agentsPath, requireAgents } from "#tests/helpers/agents/require-agents.ts";

import { loginWith, madeUpToken } from "./cases/codex.ts";

const KEY_ROUTE = { host: "api.openai.com", auth: { scheme: "Bearer", token_ref: "MY_KEY" } };

const homes: string[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await rm(home, { recursive: true, force: true });
});

/** A home as a bottle gets it, and Codex in it. */
async function codexIn(more: Partial<ProvisionSpec>) {
  const home = await mkdtemp(join(tmpdir(), "codex-accepts-"));
  homes.push(home);
  const login = JSON.stringify(loginWith(madeUpToken()));
  const { files } = await codex.provision({
    settings: { template: "codex", forward_host_credentials: true },
    where: "bottle dev",
    prompt: "",
    task: undefined,
    resume: false,
    home,
    workspace: join(home, "workspace"),
    cwd: home,
    routes: [],
    supervise: { mcp: "http://127.0.0.1:9100/mcp", state: "http://127.0.0.1:9100/state" },
    skills: [],
    operator: { env: {}, home: "/home/operator", now: new Date(), readFile: async () => login },
    ...more,
  });
  for (const { path, content, mode } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode });
  }
  return async (...args: string[]) => {
    const env = { PATH: `${agentsPath()}:${process.env["PATH"] ?? ""}`, HOME: home };
    const ran = await execa("codex", args, { env, cwd: home, reject: false, all: true, input: "" });
    return { exitCode: ran.exitCode, text: ran.all };
  };
}

describe("the real Codex", requireAgents(), () => {
  it("knows every setting, and follows those that switch its calls off", async () => {
    const run = await codexIn({ prompt: 'Say "hi" \\ \u007f\u0001 \'\'\'\n""" [x]\nmodel = "none"' });
    // It reads its settings, has nobody to talk to, and ends.
    const { exitCode, text: complaint } = await run("--strict-config", "app-server");
    expect({ exitCode, complaint }).toMatchObject({ exitCode: 0 });
    const { text } = await run("features", "list");
    for (const feature of ["plugins", "apps", "daemon_auto_start", "unbounded_connection_retries"]) {
      expect(text).toMatch(new RegExp(`^${feature} .*false$`, "m"));
    }
  });

  it("takes the synthesized login for one of ChatGPT", async () => {
    const run = await codexIn({});
    expect(await run("login", "status")).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining("Logged in using ChatGPT"),
    });
  });

  it("takes the placeholder for an API key", async () => {
    const run = await codexIn({ settings: { template: "codex" }, routes: [KEY_ROUTE] });
    expect(await run("login", "status")).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining("API key configured"),
    });
  });

  it("knows supervise, and asks nobody for its leave", async () => {
    const { exitCode, text } = await (await codexIn({}))("mcp", "get", "supervise");
    expect({ exitCode, text }).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining("http://127.0.0.1:9100/mcp"),
    });
  });
});
