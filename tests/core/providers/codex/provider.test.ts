import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { ProviderPlan, ProvisionSpec } from "#contracts/provider.ts";
import { codex } from "#core/providers/codex/provider.ts";
import { readScreen } from "#domain/provider/screen-verdict.ts";
import { operatorSide, provisionSpec, refusal, textAt } from "#tests/helpers/provision.ts";

import { ACCOUNT, CLAIMS, loginOf, NOW, tokenOf } from "./logins.ts";

const VARIABLE = "BOT_BOTTLE_CODEX_HOST_ACCESS_TOKEN";
const LENT = { template: "codex", forward_host_credentials: true };
const KEY_ROUTE = { host: "API.openai.com", auth: { scheme: "Bearer", token_ref: "MY_KEY" } };

interface More extends Partial<Omit<ProvisionSpec, "operator">> {
  readonly env?: Readonly<Record<string, string>>;
  /** The operator's files. */
  readonly host?: Readonly<Record<string, string>>;
}

function specOf({ env = {}, host, settings = LENT, ...more }: More = {}): ProvisionSpec {
  const there = host ?? { "/home/operator/.codex/auth.json": JSON.stringify(loginOf()) };
  return provisionSpec(settings, { operator: operatorSide({ env, home: "/home/operator", now: NOW }, there), ...more });
}

describe("with the operator's login", () => {
  it("lends the access token to egress alone, for Codex's own paths and the API", async () => {
    const plan = await codex.provision(specOf());
    const auth = { scheme: "Bearer", token_ref: VARIABLE };
    expect(plan.routes).toEqual([
      { host: "chatgpt.com", path_allowlist: ["/backend-api/codex/", "/backend-api/wham/"], auth },
      { host: "api.openai.com", auth },
    ]);
    expect(plan.credentials).toEqual([
      {
        variable: VARIABLE,
        value: tokenOf(CLAIMS),
        source: "/home/operator/.codex/auth.json",
        expiresAt: new Date("2026-11-21T07:00:00.000Z"),
        renew: "run `codex login --device-auth` on this machine.",
      },
    ]);
  });

  it("gives the agent a login without it", async () => {
    const { credentials: _credentials, ...plan } = await codex.provision(specOf());
    const { tokens } = loginOf() as { tokens: Record<string, string> };
    for (const secret of ["access_token", "id_token", "refresh_token"]) {
      expect(JSON.stringify(plan)).not.toContain(tokens[secret]);
    }
    expect(JSON.parse(textAt(plan as ProviderPlan, ".codex/auth.json"))).toMatchObject({
      auth_mode: "chatgpt",
      tokens: { account_id: ACCOUNT },
    });
  });

  it("finds it where Codex does", async () => {
    const login = JSON.stringify(loginOf());
    const read = async (folder: string, path: string) => {
      const plan = await codex.provision(specOf({ env: { CODEX_HOME: folder }, host: { [path]: login } }));
      return plan.credentials[0]?.source;
    };
    expect(await read("/srv/codex", "/srv/codex/auth.json")).toBe("/srv/codex/auth.json");
    expect(await read("~/other", "/home/operator/other/auth.json")).toBe("/home/operator/other/auth.json");
    expect(await read("", "/home/operator/.codex/auth.json")).toBe("/home/operator/.codex/auth.json");
    expect((await refusal(codex, specOf({ env: { CODEX_HOME: "somewhere" } }))).message).toContain("CODEX_HOME");
  });

  it("refuses one that is not there", async () => {
    const error = await refusal(codex, specOf({ host: {} }));
    expect(error.code).toBe("invalid");
    expect(error.message).toMatch(/no Codex login.*codex login --device-auth.*forward_host_credentials/);
  });

  it("says that a key for the same host is not used", async () => {
    expect((await codex.provision(specOf({ routes: [KEY_ROUTE] }))).warnings).toHaveLength(1);
  });

  it("says that an account of a form that is not known stays out", async () => {
    const host = { "/home/operator/.codex/auth.json": JSON.stringify(loginOf({ account_id: "sk-proj-odd" })) };
    expect((await codex.provision(specOf({ host }))).warnings).toEqual([expect.stringContaining("account")]);
  });
});

describe("with a key of a route", () => {
  it("gives the agent a placeholder, and makes the route its own", async () => {
    const plan = await codex.provision(specOf({ settings: { template: "codex" }, routes: [KEY_ROUTE], host: {} }));
    expect(plan.routes).toEqual([KEY_ROUTE]);
    expect(plan.credentials).toEqual([]);
    expect(JSON.parse(textAt(plan, ".codex/auth.json"))).toEqual({
      auth_mode: "apikey",
      OPENAI_API_KEY: "egress-placeholder",
    });
  });

  it("is refused where the route brings none", async () => {
    const error = await refusal(
      codex,
      specOf({ settings: { template: "codex" }, routes: [{ host: "api.openai.com" }] }),
    );
    expect(error.code).toBe("invalid");
    expect(error.message).toMatch(/^bottle dev: agent_provider: .*forward_host_credentials: true.*api\.openai\.com/);
  });
});

describe("with a login of its own", () => {
  it("writes none, and lets it reach the hosts where it is used and renewed", async () => {
    const plan = await codex.provision(specOf({ settings: { template: "codex", seed: "/srv/auth.json" }, host: {} }));
    expect(plan.files.map(({ path }) => path)).not.toContain("/home/node/.codex/auth.json");
    expect(plan.routes.map(({ host }) => host)).toEqual(["chatgpt.com", "api.openai.com", "auth.openai.com"]);
    expect(plan.routes.filter(({ auth }) => auth !== undefined)).toEqual([]);
  });
});

describe("the command line", () => {
  const argv = async (more: More) => (await codex.provision(specOf(more))).argv.join(" ");

  it("opens the terminal, goes on in it, works on a task, and goes on with one", async () => {
    const start = "codex --dangerously-bypass-approvals-and-sandbox --profile agent";
    expect(await argv({})).toBe(start);
    expect(await argv({ resume: true })).toBe(`${start} resume --last --include-non-interactive`);
    expect(await argv({ task: "do it" })).toBe(`${start} exec --json --skip-git-repo-check -- do it`);
    expect(await argv({ task: "-x", resume: true })).toBe(
      `${start} exec resume --last --json --skip-git-repo-check -- -x`,
    );
  });

  it("says how to read what a task prints, and only then", async () => {
    expect((await codex.provision(specOf())).taskOutput).toBeUndefined();
    expect((await codex.provision(specOf({ task: "do it" }))).taskOutput?.format).toBe("jsonl");
  });
});

describe("its settings", () => {
  it("trust both folders, know supervise, and switch its own calls off", async () => {
    const text = textAt(await codex.provision(specOf({ prompt: 'Be "kind".\nAlways.' })), ".codex/config.toml");
    expect(text.split("\n")).toEqual(
      expect.arrayContaining([
        'developer_instructions = "Be \\"kind\\".\\nAlways."',
        "check_for_update_on_startup = false",
        '[projects."/home/node/workspace"]',
        '[projects."/home/node"]',
        "[mcp_servers.supervise]",
        'url = "http://127.0.0.1:9100/mcp"',
        'default_tools_approval_mode = "approve"',
        "plugins = false",
      ]),
    );
    expect(text).not.toMatch(/^model/m);
  });

  it("know no supervise where there is none", async () => {
    const text = textAt(await codex.provision(specOf({ supervise: undefined })), ".codex/config.toml");
    expect(text).not.toContain("mcp_servers");
  });

  it("are written anew at each start, and what is chosen in Codex is kept above them", async () => {
    const { files } = await codex.provision(specOf());
    const kept = files.filter(({ keep }) => keep === true).map(({ path }) => path);
    expect(kept).toEqual(["/home/node/.codex/agent.config.toml"]);
  });
});

it("puts skills where Codex looks for them, byte by byte", async () => {
  const skills = [
    {
      name: "review",
      files: [
        { path: "SKILL.md", content: Buffer.from("# Review"), isExecutable: false },
        { path: "bin/look", content: Uint8Array.of(0, 255), isExecutable: true },
      ],
    },
  ];
  const { files } = await codex.provision(specOf({ skills }));
  expect(files.slice(-2)).toEqual([
    { path: "/home/node/.agents/skills/review/SKILL.md", content: "IyBSZXZpZXc=", encoding: "base64", mode: 0o644 },
    { path: "/home/node/.agents/skills/review/bin/look", content: "AP8=", encoding: "base64", mode: 0o755 },
  ]);
});

describe("its title", () => {
  it.each([
    ["⠋ Starting", "busy"],
    ["⠼ Working", "busy"],
    ["⠧ Thinking", "busy"],
    ["Ready", "idle"],
    ["[ ! ] Action Required | Working", "waiting"],
    ["[ . ] Action Required | Ready", "waiting"],
    ["some folder", undefined],
  ])("%s tells %s", async (title, state) => {
    const { screenRules } = await codex.provision(specOf());
    if (screenRules === undefined) throw new Error("no rules");
    expect(readScreen({ title, lines: [], progress: undefined }, screenRules)?.state).toBe(state);
  });
});

it("refuses whatever stands in the operator's file without a word of it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[a-z0-9]{20}$/), fc.jsonValue(), async (text, value) => {
      const host = {
        "/home/operator/.codex/auth.json": JSON.stringify({ tokens: { access_token: text }, value, [text]: 1 }),
      };
      expect((await refusal(codex, specOf({ host }))).message).not.toContain(text);
    }),
    { numRuns: 50 },
  );
});
