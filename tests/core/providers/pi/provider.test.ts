import { describe, expect, test } from "vitest";

import type { OperatorSide, ProviderPlan, ProvisionSpec } from "#contracts/provider.ts";
import { pi } from "#core/providers/pi/provider.ts";
import type { Route } from "#domain/egress/route.ts";
import { operatorSide, provisionSpec } from "#tests/helpers/provision.ts";

const ANTHROPIC: Route = { host: "api.anthropic.com", auth: { scheme: "header:x-api-key", token_ref: "KEY" } };
const OPENROUTER: Route = { host: "openrouter.ai", auth: { scheme: "Bearer", token_ref: "OPENROUTER_API_KEY" } };
const FOLDER = "/home/ann/.pi/agent";
const CORP = { baseUrl: "https://llm.corp.example/v1", api: "openai-completions", models: [{ id: "big" }] };

function spec({ settings = { template: "pi" }, ...more }: Partial<ProvisionSpec> = {}): ProvisionSpec {
  return provisionSpec(settings, { routes: [OPENROUTER], operator: operator(), ...more });
}

function operator(files: Readonly<Record<string, string>> = {}, env: OperatorSide["env"] = {}): OperatorSide {
  return operatorSide({ env, home: "/home/ann" }, files);
}

const fileOf = ({ files }: ProviderPlan, name: string) =>
  files.find(({ path }) => path === `/home/node/.pi/agent/${name}`);
const settingsOf = (plan: ProviderPlan) => JSON.parse(fileOf(plan, "settings.json")?.content ?? "null") as unknown;

describe("the model", () => {
  test("is behind the first route with a credential; each such host has a placeholder where Pi looks for its key", async () => {
    const plan = await pi.provision(spec({ routes: [{ host: "example.com" }, OPENROUTER, ANTHROPIC] }));
    expect(settingsOf(plan)).toMatchObject({ defaultProvider: "openrouter", defaultModel: "moonshotai/kimi-k2.6" });
    expect(plan.env).toMatchObject({
      OPENROUTER_API_KEY: "egress-placeholder",
      ANTHROPIC_API_KEY: "egress-placeholder",
    });
    expect(plan.hidden).toEqual(["OPENROUTER_API_KEY", "ANTHROPIC_API_KEY"]);
    expect(plan.routes).toEqual([OPENROUTER, ANTHROPIC]);
    expect(plan.credentials).toEqual([]);
  });

  test("of Anthropic is asked for as a subscription's token is, where the route sends it as Bearer", async () => {
    const bearer: Route = { host: "API.Anthropic.com.", auth: { scheme: "Bearer", token_ref: "TOKEN" } };
    const { env, hidden } = await pi.provision(spec({ routes: [bearer] }));
    expect(env["ANTHROPIC_OAUTH_TOKEN"]).toMatch(/^sk-ant-oat/);
    expect(env).not.toHaveProperty("ANTHROPIC_API_KEY");
    expect(hidden).toEqual(["ANTHROPIC_OAUTH_TOKEN"]);
  });

  test("of a server in the operator's own models.json needs a route, and no credential", async () => {
    const files = {
      [`${FOLDER}/models.json`]: JSON.stringify({ providers: { corp: { ...CORP, apiKey: "sk-secret-sk-secret" } } }),
    };
    const plan = await pi.provision(spec({ routes: [{ host: "llm.corp.example" }], operator: operator(files) }));
    expect(settingsOf(plan)).toMatchObject({ defaultProvider: "corp", defaultModel: "big" });
    expect(JSON.parse(fileOf(plan, "models.json")?.content ?? "")).toEqual({
      providers: { corp: { ...CORP, apiKey: "egress-placeholder" } },
    });
    expect(JSON.stringify(plan)).not.toContain("sk-secret");
  });

  test("of a known provider that models.json moves elsewhere is there, not where it was", async () => {
    const files = {
      "/pi/models.json": JSON.stringify({ providers: { openrouter: { baseUrl: "https://gateway.example" } } }),
    };
    const moved = operator(files, { PI_CODING_AGENT_DIR: "/pi" });
    await expect(pi.provision(spec({ operator: moved }))).rejects.toThrow("Pi has no model");
    const gateway: Route = { host: "gateway.example", auth: { scheme: "Bearer", token_ref: "K" } };
    const plan = await pi.provision(spec({ operator: moved, routes: [gateway] }));
    expect(settingsOf(plan)).toMatchObject({ defaultProvider: "openrouter", defaultModel: "moonshotai/kimi-k2.6" });
    expect(plan.env).toMatchObject({ OPENROUTER_API_KEY: "egress-placeholder" });
  });

  test("is the one that the operator's own Pi starts with, where a route leads to it", async () => {
    const own = {
      defaultProvider: "anthropic",
      defaultModel: "claude-haiku-4-5",
      defaultThinkingLevel: "low",
      theme: "x",
    };
    const files = { [`${FOLDER}/settings.json`]: JSON.stringify(own) };
    const both = await pi.provision(spec({ routes: [OPENROUTER, ANTHROPIC], operator: operator(files) }));
    expect(settingsOf(both)).toEqual({
      defaultProvider: "anthropic",
      defaultModel: "claude-haiku-4-5",
      defaultThinkingLevel: "low",
      enableInstallTelemetry: false,
    });
    const other = await pi.provision(spec({ operator: operator(files) }));
    expect(settingsOf(other)).toMatchObject({ defaultProvider: "openrouter", defaultModel: "moonshotai/kimi-k2.6" });
  });

  test.each([
    ["no route", []],
    ["a route without a credential", [{ host: "openrouter.ai" }]],
    ["a route that is not opened", [{ ...OPENROUTER, pipelock: { tls_passthrough: true } }]],
    ["a credential for a host that is none of a model's", [{ ...OPENROUTER, host: "api.github.com" }]],
  ])("is missing with %s: the launch is refused, saying what to write", async (_name, routes) => {
    await expect(pi.provision(spec({ routes }))).rejects.toMatchObject({
      code: "invalid",
      where: "bottle dev: egress.routes",
      hint: expect.stringContaining(
        "{host: openrouter.ai, auth: {scheme: Bearer, token_ref: OPENROUTER_API_KEY}}",
      ) as string,
    });
  });

  test.each([
    ["an API key as Bearer", "Bearer", "sk-ant-api03-abc", /KEY holds an API key, .*scheme: "header:x-api-key"/],
    [
      "a token as a key",
      "header:x-api-key",
      "sk-ant-oat01-abc",
      /KEY holds a subscription's token, .*scheme: "Bearer"/,
    ],
  ])("of Anthropic is refused with %s, without the value", async (_name, scheme, value, words) => {
    const route: Route = { host: "api.anthropic.com", auth: { scheme, token_ref: "KEY" } };
    const refused = pi.provision(spec({ routes: [route], operator: operator({}, { KEY: value }) }));
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.not.toThrow(value);
  });
});

describe("the operator's own logins", () => {
  const auth = JSON.stringify({
    anthropic: { type: "oauth", refresh: "rt-secret", access: "at-secret", expires: 1 },
    openai: { type: "api_key", key: "sk-secret" },
    "\u001b[31m": { type: "oauth" },
  });

  test("stay there, and a warning says why", async () => {
    const plan = await pi.provision(spec({ operator: operator({ [`${FOLDER}/auth.json`]: auth }) }));
    expect(plan.warnings).toEqual([expect.stringMatching(/^your Pi's login to anthropic stays with you: /)]);
    expect(JSON.stringify(plan)).not.toContain("secret");
    expect(fileOf(plan, "auth.json")).toBeUndefined();
  });

  test("are named when they are all there is", async () => {
    const only = spec({ routes: [], operator: operator({ [`${FOLDER}/auth.json`]: auth }) });
    await expect(pi.provision(only)).rejects.toThrow(
      /no route brings .* \(your Pi's login to anthropic stays with you/,
    );
  });

  test.each(["", "{", "null", "[1]", '{"a": null}'])("are none in %j", async (text) => {
    expect((await pi.provision(spec({ operator: operator({ [`${FOLDER}/auth.json`]: text }) }))).warnings).toEqual([]);
  });
});

describe("the start", () => {
  const argv = async (more: Partial<ProvisionSpec>) => (await pi.provision(spec(more))).argv;

  test("is Pi alone, with the agent's prompt as a file, and with the last conversation after a resume", async () => {
    expect(await argv({})).toEqual(["pi"]);
    expect(await argv({ prompt: "Be brief.\n", resume: true })).toEqual([
      "pi",
      "--append-system-prompt",
      "/home/node/.pi/agent/bottle-prompt.md",
      "--continue",
    ]);
    const plan = await pi.provision(spec({ prompt: "Be brief.\n" }));
    expect(fileOf(plan, "bottle-prompt.md")).toMatchObject({ content: "Be brief.\n", mode: 0o600 });
  });

  test("with a task is without a screen; a task that looks like an option or a file is still a message", async () => {
    expect(await argv({ task: "Fix it" })).toEqual(["pi", "--mode", "json", "--print", "Fix it"]);
    expect(await argv({ task: "--help" })).toEqual(["pi", "--mode", "json", "--print", " --help"]);
    expect(await argv({ task: "@/etc/passwd", resume: true })).toEqual([
      "pi",
      "--continue",
      "--mode",
      "json",
      "--print",
      " @/etc/passwd",
    ]);
    expect((await pi.provision(spec({ task: "x" }))).taskOutput).toMatchObject({ format: "jsonl" });
    expect((await pi.provision(spec())).taskOutput).toBeUndefined();
  });

  test("asks no other host for anything", async () => {
    const plan = await pi.provision(spec());
    expect(plan.env).toMatchObject({ PI_OFFLINE: "1", PI_SKIP_VERSION_CHECK: "1", PI_TELEMETRY: "0" });
    expect(settingsOf(plan)).toMatchObject({ enableInstallTelemetry: false });
  });
});

describe("what it puts into the home", () => {
  test("is Pi's to change for its settings, and ours at each start for the rest", async () => {
    const files = { [`${FOLDER}/models.json`]: '{"providers": {}}' };
    const plan = await pi.provision(spec({ prompt: "x", operator: operator(files) }));
    expect(plan.files.filter(({ keep }) => keep === true).map(({ path }) => path)).toEqual([
      "/home/node/.pi/agent/settings.json",
    ]);
    expect(fileOf(plan, "models.json")).toBeDefined();
  });

  test("has the extension that brings supervise, whose state address is told only where there is one", async () => {
    const plan = await pi.provision(spec());
    expect(fileOf(plan, "extensions/bottle-dash.js")?.content).toContain("SUPERVISE_STATE");
    expect(plan).toMatchObject({ reportsState: true, env: { SUPERVISE_STATE: "http://127.0.0.1:9100/state" } });
    const without = await pi.provision(spec({ supervise: undefined }));
    expect(without.reportsState).toBe(false);
    expect(without.env).not.toHaveProperty("SUPERVISE_STATE");
  });

  test("has each skill, byte for byte, in a folder of its own", async () => {
    const content = Uint8Array.from([0, 255, 10]);
    const skills = [{ name: "deploy", files: [{ path: "bin/run", content, isExecutable: true }] }];
    expect(fileOf(await pi.provision(spec({ skills })), "skills/deploy/bin/run")).toMatchObject({
      content: "AP8K",
      encoding: "base64",
      mode: 0o755,
    });
  });
});
