import { expect, describe, it } from "vitest";

import type { ProviderPlan, ProvisionSpec } from "#contracts/provider.ts";
import { claude } from "#core/providers/claude/provider.ts";
import { operatorSide, provisionSpec, refusal, textAt } from "#tests/helpers/provision.ts";
import { NOW } from "#tests/helpers/store.ts";

const TOKEN = "sk-ant-oat01-wJ4bX9";
const HOST = "api.anthropic.com";
const KEY_ROUTE = { host: HOST, auth: { scheme: "header:x-api-key", token_ref: "MY_KEY" } };

function specOf(more: Partial<Omit<ProvisionSpec, "operator">> & { env?: Record<string, string> } = {}): ProvisionSpec {
  const { env = { TOKEN }, settings = { template: "claude", auth_token: "TOKEN" }, ...rest } = more;
  return provisionSpec(settings, { operator: operatorSide({ env, home: "/root", now: NOW }), ...rest });
}

function jsonAt(plan: ProviderPlan, path: string): Record<string, unknown> {
  return JSON.parse(textAt(plan, path)) as Record<string, unknown>;
}

describe("the credential", () => {
  it("goes to the egress proxy, and the agent gets a placeholder", async () => {
    const plan = await claude.provision(specOf());
    expect(plan.routes).toEqual([{ host: HOST, auth: { scheme: "Bearer", token_ref: "TOKEN" } }]);
    expect(plan.credentials).toMatchObject([{ variable: "TOKEN", value: TOKEN, source: "$TOKEN" }]);
    expect(plan.env).toMatchObject({ CLAUDE_CODE_OAUTH_TOKEN: "egress-placeholder" });
    expect(plan.hidden).toContain("CLAUDE_CODE_OAUTH_TOKEN");
    const { credentials: _credentials, ...rest } = plan;
    expect(JSON.stringify(rest)).not.toContain(TOKEN);
    expect(plan.warnings).toEqual([]);
  });

  it("may be an API key that the definition's own route brings, which then is the provider's", async () => {
    for (const settings of [{ template: "claude" }, { template: "claude", auth_token: "" }]) {
      const plan = await claude.provision(specOf({ settings, routes: [KEY_ROUTE], env: {} }));
      expect(plan).toMatchObject({ routes: [KEY_ROUTE], credentials: [] });
      expect(plan.env).toMatchObject({ ANTHROPIC_API_KEY: "egress-placeholder" });
      expect(plan.env).not.toHaveProperty("CLAUDE_CODE_OAUTH_TOKEN");
      expect(jsonAt(plan, ".claude.json")).toMatchObject({
        customApiKeyResponses: { approved: ["egress-placeholder"] },
      });
    }
  });

  it("may be an OAuth token that the definition's own route brings", async () => {
    const route = { host: "API.Anthropic.com", auth: { scheme: "Bearer", token_ref: "MINE" } };
    const plan = await claude.provision(specOf({ settings: { template: "claude" }, routes: [route], env: {} }));
    expect(plan.env).toMatchObject({ CLAUDE_CODE_OAUTH_TOKEN: "egress-placeholder" });
  });

  it("of auth_token counts before a route's, and that is said; as is a token that does not look like one", async () => {
    const plan = await claude.provision(specOf({ routes: [KEY_ROUTE], env: { TOKEN: "something" } }));
    expect(plan.env).not.toHaveProperty("ANTHROPIC_API_KEY");
    expect(plan.warnings).toEqual([expect.stringContaining("is not used"), expect.stringContaining("sk-ant-oat")]);
  });

  it.each([
    ["none at all", { settings: { template: "claude" } }, /no credential/, /claude setup-token.*auth_token.*x-api-key/],
    [
      "a route without auth",
      { settings: { template: "claude" }, routes: [{ host: HOST }] },
      /no credential/,
      /auth_token/,
    ],
    ["a variable that is not set", { env: {} }, /\$TOKEN is not set/, /claude setup-token/],
    ["an empty one", { env: { TOKEN: " \n" } }, /\$TOKEN is empty/, /claude setup-token/],
    ["an API key", { env: { TOKEN: "sk-ant-api03-x" } }, /holds an API key/, /header:x-api-key/],
    ["a refresh token", { env: { TOKEN: "sk-ant-ort01-x" } }, /refresh token/, /claude setup-token/],
    ["a whole credentials file", { env: { TOKEN: '{"claudeAiOauth":{}}' } }, /holds JSON/, /claude setup-token/],
    ["two words", { env: { TOKEN: "Bearer sk-ant-oat01-x" } }, /one word/, /claude setup-token/],
    [
      "a scheme that the host does not know",
      { settings: { template: "claude" }, routes: [{ host: HOST, auth: { scheme: "Basic", token_ref: "K" } }] },
      /takes no credential as Basic/,
      /x-api-key/,
    ],
    [
      "an OAuth token as an API key",
      { settings: { template: "claude" }, routes: [KEY_ROUTE], env: { MY_KEY: "sk-ant-oat01-x" } },
      /\$MY_KEY holds an OAuth token/,
      /Bearer/,
    ],
    [
      "an API key as Bearer",
      {
        settings: { template: "claude" },
        routes: [{ host: `${HOST}.`, auth: { scheme: "Bearer", token_ref: "MY_KEY" } }],
        env: { MY_KEY: "sk-ant-api03-x" },
      },
      /\$MY_KEY holds an API key/,
      /header:x-api-key/,
    ],
  ])("is refused with what to do: %s", async (_, more, what, hint) => {
    const spec = specOf(more);
    const error = await refusal(claude, spec);
    expect(error).toMatchObject({ code: "invalid", where: expect.stringMatching(/^bottle dev: /) });
    expect(error.message).toMatch(what);
    expect(error.hint).toMatch(hint);
    for (const value of Object.values(spec.operator.env)) {
      if (value !== undefined && value.trim() !== "") expect(error.message).not.toContain(value);
    }
  });

  it("is looked for in the operator's variables alone, whatever it is called", async () => {
    const settings = { template: "claude", auth_token: "constructor" };
    expect((await refusal(claude, specOf({ settings, env: {} }))).message).toContain("$constructor is not set");
  });
});

describe("the command", () => {
  it("asks for no permission, and takes settings, prompt and supervise from files of ours", async () => {
    const plan = await claude.provision(specOf({ prompt: "Be brief." }));
    expect(plan.argv).toEqual([
      "claude",
      "--dangerously-skip-permissions",
      "--settings",
      "/home/node/.claude/bottle-dash/settings.json",
      "--append-system-prompt-file",
      "/home/node/.claude/bottle-dash/prompt.md",
      "--mcp-config",
      "/home/node/.claude/bottle-dash/mcp.json",
    ]);
    expect(textAt(plan, ".claude/bottle-dash/prompt.md")).toBe("Be brief.\n");
    expect(jsonAt(plan, ".claude/bottle-dash/mcp.json")).toEqual({
      mcpServers: { supervise: { type: "http", url: "http://127.0.0.1:9100/mcp", alwaysLoad: true } },
    });
    expect(plan.program).toMatchObject({
      name: "claude",
      install: expect.stringContaining("@anthropic-ai/claude-code"),
    });
  });

  it("gives a task behind --, whatever it begins with, and reads its answer", async () => {
    const plan = await claude.provision(specOf({ task: "--help me" }));
    expect(plan.argv.slice(-6)).toEqual(["--print", "--output-format", "stream-json", "--verbose", "--", "--help me"]);
    expect(plan.taskOutput).toMatchObject({ format: "jsonl" });
  });

  it("goes on with a conversation where there is one", async () => {
    const plan = await claude.provision(specOf({ resume: true, cwd: "/home/node/workspace" }));
    expect(plan.argv.slice(0, 3)).toEqual([
      "sh",
      "/home/node/.claude/bottle-dash/resume.sh",
      "--dangerously-skip-permissions",
    ]);
    expect(textAt(plan, ".claude/bottle-dash/resume.sh")).toContain("/projects/-home-node-workspace'/*.jsonl");
  });
});

describe("the files", () => {
  it("leave the agent its own: its state is seeded once, and no settings of its are written", async () => {
    const plan = await claude.provision(specOf());
    expect(plan.files.find(({ path }) => path.endsWith("/.claude.json"))).toMatchObject({ keep: true, mode: 0o600 });
    expect(jsonAt(plan, ".claude.json")).toMatchObject({
      hasCompletedOnboarding: true,
      projects: {
        "/home/node": { hasTrustDialogAccepted: true },
        "/home/node/workspace": { hasTrustDialogAccepted: true },
      },
    });
    expect(plan.files.map(({ path }) => path)).not.toContain("/home/node/.claude/settings.json");
  });

  it("hold its skills as they are, with their rights", async () => {
    const content = new Uint8Array([0, 255, 10]);
    const files = [
      { path: "SKILL.md", content, isExecutable: false },
      { path: "scripts/run.sh", content, isExecutable: true },
    ];
    const plan = await claude.provision(specOf({ skills: [{ name: "review", files }] }));
    expect(plan.files.filter(({ path }) => path.includes("/skills/"))).toEqual([
      { path: "/home/node/.claude/skills/review/SKILL.md", content: "AP8K", encoding: "base64", mode: 0o644 },
      { path: "/home/node/.claude/skills/review/scripts/run.sh", content: "AP8K", encoding: "base64", mode: 0o755 },
    ]);
  });

  it("switch off all that calls home, without showing it in the preflight", async () => {
    const plan = await claude.provision(specOf());
    expect(plan.env).toMatchObject({
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: "1",
      DISABLE_AUTOUPDATER: "1",
      DISABLE_ERROR_REPORTING: "1",
      DISABLE_TELEMETRY: "1",
    });
    expect(Object.keys(plan.env).filter((name) => !plan.hidden.includes(name))).toEqual([]);
  });
});

describe("its state", () => {
  const hooksOf = (plan: ProviderPlan): Record<string, unknown> =>
    (jsonAt(plan, ".claude/bottle-dash/settings.json")["hooks"] ?? {}) as Record<string, unknown>;

  it("is told by hooks that call supervise themselves", async () => {
    const plan = await claude.provision(specOf());
    const call = (query: string) => ({ type: "http", url: `http://127.0.0.1:9100/state?${query}`, timeout: 2 });
    expect(hooksOf(plan)["Stop"]).toEqual([{ hooks: [call("event=Stop&state=idle")] }]);
    const asked = "event=PermissionRequest&state=waiting";
    expect(hooksOf(plan)["PermissionRequest"]).toEqual([
      { matcher: "AskUserQuestion", hooks: [call(`${asked}&detail=tool_input.questions.0.question`)] },
      { matcher: "^(?!AskUserQuestion$)", hooks: [call(`${asked}&words=asks+to+use&detail=tool_name`)] },
    ]);
    expect(plan.reportsState).toBe(true);
    expect(new Set(plan.screenRules?.rules.map(({ state }) => state))).toEqual(new Set(["waiting", "busy", "idle"]));
  });

  it("is watched for what no hook tells, unless it has a task", async () => {
    const call = [
      {
        hooks: [
          {
            type: "command",
            command: "/opt/bottle-dash/node",
            args: ["/home/node/.claude/bottle-dash/session-state.mjs", "http://127.0.0.1:9100/state"],
            timeout: 10,
          },
        ],
      },
    ];
    const plan = await claude.provision(specOf());
    expect(hooksOf(plan)).toMatchObject({ SessionStart: call, CwdChanged: call, FileChanged: call });
    expect(textAt(plan, ".claude/bottle-dash/session-state.mjs")).toContain("waitingFor");
    const task = await claude.provision(specOf({ task: "do it" }));
    expect(hooksOf(task)).not.toHaveProperty("FileChanged");
  });

  it("is not reported without supervise", async () => {
    const plan = await claude.provision(specOf({ supervise: undefined }));
    expect(hooksOf(plan)).toEqual({});
    expect(plan.argv).not.toContain("--mcp-config");
    expect(plan.reportsState).toBe(false);
  });
});
