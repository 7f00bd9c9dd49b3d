import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Console } from "#contracts/console.ts";
import { loadDefinitions } from "#core/definitions/load.ts";
import { AgentInfo, BottleInfo } from "#modes/json/schemas.ts";
import { decision, EMPTY_FLEET, fakeConsole, inboxItem, questionProposal } from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";

let root: string;
let console: Console;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "bottle-dash-test-"));
  console = fakeConsole({
    root,
    definitions: () => loadDefinitions({ root, cwd: root }),
    snapshot: async () => EMPTY_FLEET,
  });
});
afterEach(() => rm(root, { recursive: true }));

/** An editor that puts `text` into the file, or that a shell line is. */
async function editor(line: string): Promise<Record<string, string>> {
  const path = join(root, "editor.sh");
  await writeFile(path, `${line}\n`);
  return { EDITOR: `sh ${path}`, PATH: process.env["PATH"] ?? "" };
}

describe("init", () => {
  it("writes definitions that load and resolve as they are", async () => {
    const { code, stdout } = await runCli(
      ["init", "reviewer", "--command", "my-agent '--yolo' \"$X\"", "--allow", "API.example.com", "--json"],
      { console },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      agent: "reviewer",
      bottle: "reviewer",
      written: [join(root, "bottles/reviewer.md"), join(root, "agents/reviewer.md")],
    });
    expect((await stat(join(root, "agents/reviewer.md"))).mode & 0o777).toBe(0o600);
    const info = AgentInfo.parse(JSON.parse((await runCli(["info", "reviewer", "--json"], { console })).stdout));
    expect(info.bottle.agent_provider.command).toEqual(["sh", "-c", "my-agent '--yolo' \"$X\""]);
    expect(info.bottle.egress.routes).toEqual([{ host: "api.example.com" }]);
  });

  it.each([
    ["claude", { template: "claude", auth_token: "CLAUDE_CODE_OAUTH_TOKEN" }, []],
    ["codex", { template: "codex", forward_host_credentials: true }, []],
    [
      "pi",
      { template: "pi" },
      [{ host: "openrouter.ai", auth: { scheme: "Bearer", token_ref: "OPENROUTER_API_KEY" } }],
    ],
  ])("writes for %s where its credential comes from", async (provider, keys, routes) => {
    const more = ["--provider", provider, "--allow", "api.example.com"];
    expect((await runCli(["init", "reviewer", ...more], { console })).code).toBe(0);
    const info = AgentInfo.parse(JSON.parse((await runCli(["info", "reviewer", "--json"], { console })).stdout));
    expect(info.bottle.agent_provider).toEqual(keys);
    expect(info.bottle.egress.routes).toEqual([...routes, { host: "api.example.com" }]);
    expect((await runCli(["init", "other", "-p", provider, "--command", "x"], { console })).code).toBe(2);
  });

  it("writes one route for a host that is named more than once", async () => {
    const more = ["--allow", "openrouter.ai", "--allow", "api.example.com", "--allow", "API.example.com"];
    expect((await runCli(["init", "reviewer", "-p", "pi", ...more], { console })).code).toBe(0);
    const info = AgentInfo.parse(JSON.parse((await runCli(["info", "reviewer", "--json"], { console })).stdout));
    expect(info.bottle.egress.routes.map(({ host }) => host)).toEqual(["openrouter.ai", "api.example.com"]);
  });

  it("knows the providers that were contributed, and says what is wrong with one", async () => {
    for (const [name, text] of [
      ["mine", "argv: [mine]\n"],
      ["broken", "env: {A: b}\n"],
    ] as const) {
      await mkdir(join(root, "contrib", name), { recursive: true });
      await writeFile(join(root, "contrib", name, "provider.yml"), text);
    }
    expect((await runCli(["init", "one", "--provider", "mine"], { console })).code).toBe(0);
    const info = AgentInfo.parse(JSON.parse((await runCli(["info", "one", "--json"], { console })).stdout));
    expect(info.bottle.agent_provider).toEqual({ template: "mine" });
    expect((await runCli(["completion", "words", "provider"], { console })).stdout.trim().split("\n")).toEqual([
      "claude",
      "codex",
      "pi",
      "command",
      "mine",
    ]);
    expect(await runCli(["init", "two", "--provider", "broken"], { console })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("provider.yml: argv: is missing"),
    });
    expect(await runCli(["init", "two", "--provider", "claud"], { console })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /did you mean claude\?.*claude, codex, pi, command, mine; any program runs with --command/,
      ),
    });
    await expect(stat(join(root, "agents/two.md"))).rejects.toThrow("ENOENT");
  });

  it("says which options change nothing, where the bottle is there already", async () => {
    await runCli(["init", "one", "--bottle", "dev"], { console });
    const { stdout } = await runCli(["init", "two", "--bottle", "dev", "-p", "codex", "--allow", "x.test"], {
      console,
    });
    expect(stdout).toContain("dev.md was there and stays: --provider, --allow changed nothing");
  });

  it("keeps a bottle that is there, and overwrites no agent", async () => {
    await runCli(["init", "one", "--bottle", "dev"], { console });
    const before = await readFile(join(root, "bottles/dev.md"), "utf8");
    expect((await runCli(["init", "two", "--bottle", "dev", "--allow", "x.test"], { console })).stdout).toContain(
      "was there and stays",
    );
    expect(await readFile(join(root, "bottles/dev.md"), "utf8")).toBe(before);
    expect(await runCli(["init", "one"], { console })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is there already; nothing was changed"),
    });
  });

  it("writes the agent of a repository", async () => {
    await runCli(["init", "one", "--repository"], { console, cwd: root });
    expect(await readFile(join(root, ".bot-bottle/agents/one.md"), "utf8")).toContain("bottle: one");
  });

  it.each([["../x"], ["Upper"], ["a/b"], ["1a"]])("refuses the name %j", async (name) => {
    expect((await runCli(["init", name], { console })).code).toBe(2);
  });

  it("refuses a host that can be no rule", async () => {
    expect((await runCli(["init", "one", "--allow", "https://x.test/"], { console })).stderr).toContain("is a URL");
  });
});

describe("info", () => {
  beforeEach(async () => {
    await runCli(["init", "reviewer", "--bottle", "dev"], { console });
    await writeFile(
      join(root, "bottles/base.md"),
      "---\nenv:\n  SECRET: s3cret\n  ASKED: ?Password\n  MINE: ${HOME}\n---\n",
    );
    await writeFile(
      join(root, "bottles/dev.md"),
      "---\nextends: base\nagent_provider:\n  template: command\n  command: [bash]\n---\n",
    );
  });

  it("shows a definition as a launch would see it, and no value", async () => {
    const { stdout } = await runCli(["info", "reviewer"], { console });
    expect(stdout).toContain("dev → base");
    expect(stdout).toContain("SECRET (written in the definition)");
    expect(stdout).toContain("ASKED (asked at launch: Password)");
    expect(stdout).toContain("MINE (taken from $HOME)");
    expect(stdout).not.toContain("s3cret");
    expect((await runCli(["info", "reviewer", "--json"], { console })).stdout).not.toContain("s3cret");
  });

  it("shows a bottle", async () => {
    expect(
      BottleInfo.parse(JSON.parse((await runCli(["info", "base", "--json"], { console })).stdout)).bottle.chain,
    ).toEqual(["base"]);
  });

  it("says everything that is wrong with a malformed one", async () => {
    await writeFile(join(root, "bottles/bad.md"), "---\nsupervise: maybe\nbackend: [x]\n---\n");
    const { code, stderr } = await runCli(["info", "bad"], { console });
    expect(code).toBe(2);
    expect(stderr).toContain("supervise");
    expect(stderr).toContain("backend");
  });

  it("says each thing that is wrong once", async () => {
    await writeFile(join(root, "bottles/bad.md"), "---\nsupervise: maybe\n---\n");
    const { stderr } = await runCli(["info", "bad"], { console });
    expect(stderr.match(/supervise/g)).toHaveLength(1);
  });

  it("shows what is risky in a bottle that is well-formed, and names its host", async () => {
    const routes = "[{host: plain.test, http: true}, {host: db.test, port: 5432, raw_tcp: true}]";
    const text = `---\negress: {upstream_ca: /etc/ca.pem, routes: ${routes}}\n---\n`;
    await writeFile(join(root, "bottles/risky.md"), text);
    const { code, stdout, stderr } = await runCli(["info", "risky"], { console });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^egress +plain\.test \(plain HTTP too: readable on its way\)$/m);
    expect(stdout).toMatch(/^upstream CA +\/etc\/ca\.pem$/m);
    expect(stderr).toMatch(/^bottle-dash: warning: .*risky\.md:2: db\.test: raw TCP: nothing is read or scanned\n$/);
  });

  it("names the nearest", async () => {
    expect(await runCli(["info", "reviwer"], { console })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("did you mean `reviewer`"),
    });
  });
});

describe("edit of a definition", () => {
  beforeEach(async () => void (await runCli(["init", "reviewer"], { console })));

  it("opens the file and checks it", async () => {
    const env = await editor(`sed -i 's/supervise.*//' "$1"; echo more >> "$1"`);
    const { code, stdout } = await runCli(["edit", "reviewer", "--kind", "agent"], { console, env });
    expect([code, stdout]).toEqual([0, `${join(root, "agents/reviewer.md")} is sound\n`]);
    expect(await readFile(join(root, "agents/reviewer.md"), "utf8")).toMatch(/more\n$/);
  });

  it("exits 2 with file and line when it is malformed afterwards and nobody can be asked", async () => {
    const env = await editor(`printf -- '---\\nbottle: reviewer\\nskils: []\\n---\\n' > "$1"`);
    const { code, stderr } = await runCli(["edit", "reviewer", "--kind", "agent"], { console, env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/agents\/reviewer\.md:3: .*skills/);
  });

  it("lets the operator go on editing until it is sound", async () => {
    const env = await editor(
      `if grep -q skils "$1"; then sed -i s/skils/skills/ "$1"; else printf -- '---\\nbottle: reviewer\\nskils: []\\n---\\n' > "$1"; fi`,
    );
    const { code, stderr } = await runCli(["edit", "reviewer", "--kind", "agent"], {
      console,
      env,
      terminal: true,
      input: "\r",
    });
    expect(stderr).toContain("Go on editing?");
    expect(code).toBe(0);
  });

  it("asks which one when an agent and a bottle share the name", async () => {
    expect(await runCli(["edit", "reviewer"], { console })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--kind"),
    });
  });

  it("prefers the editor of config.yml, and warns of a malformed one", async () => {
    await writeFile(join(root, "config.yml"), "editor: 'exit 7;'\n");
    const env = await editor("true");
    expect((await runCli(["edit", "reviewer", "--kind", "bottle"], { console, env })).stderr).toContain("ended with 7");
    await writeFile(join(root, "config.yml"), "editr: x\n");
    const { code, stderr } = await runCli(["edit", "reviewer", "--kind", "bottle"], { console, env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^bottle-dash: warning: .*config\.yml:1: editr.*did you mean `editor`/);
  });

  it("says so when the editor fails", async () => {
    expect(
      await runCli(["edit", "reviewer", "--kind", "bottle"], { console, env: await editor("exit 3") }),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining("the editor ended with 3") });
  });

  it("names the nearest when there is neither", async () => {
    expect((await runCli(["edit", "reviwer"], { console })).stderr).toContain("did you mean reviewer?");
  });
});

describe("edit of a proposal", () => {
  const approve = vi.fn<Console["approve"]>(async () => decision({ status: "modified" }));
  const waiting = (item = inboxItem()) =>
    fakeConsole({ approve, snapshot: async () => ({ ...EMPTY_FLEET, inbox: [item] }) });
  beforeEach(() => approve.mockClear());

  it("approves the rule that was saved", async () => {
    const env = await editor(`echo 'path_allowlist: [/left-pad]' >> "$1"`);
    const { code } = await runCli(["edit", "mfx12k3ab-c4d5e", "--scope", "once"], { console: waiting(), env });
    expect(code).toBe(0);
    expect(approve.mock.lastCall?.[1]).toMatchObject({
      scope: "once",
      payload: { host: "packages.demo.test", methods: ["GET"], path_allowlist: ["/left-pad"] },
    });
  });

  it("decides nothing when it was left as it was", async () => {
    const { code, stderr } = await runCli(["edit", "mfx12k3ab-c4d5e"], {
      console: waiting(),
      env: await editor("true"),
    });
    expect([code, stderr]).toEqual([130, "bottle-dash: it was left as it was: nothing was decided\n"]);
    expect(approve).not.toHaveBeenCalled();
  });

  it.each([
    ["host: [", "mfx12k3ab-c4d5e.yaml:"],
    ["host: x.test\\nhots: y", "mfx12k3ab-c4d5e.yaml:2: hots: is no key that is known here; did you mean `host`?"],
    ["host: 127.0.0.1", "an address is never a rule"],
    ["methods: [GET]", "host: "],
  ])("refuses the draft %j and decides nothing", async (draft, message) => {
    const { code, stderr } = await runCli(["edit", "mfx12k3ab-c4d5e"], {
      console: waiting(),
      env: await editor(`printf '${draft}\\n' > "$1"`),
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(approve).not.toHaveBeenCalled();
  });

  it("takes what is written as the answer to a question", async () => {
    const console = waiting(inboxItem({ proposal: questionProposal() }));
    await runCli(["edit", "mfx12k3ac-q4d5e"], { console, env: await editor(`echo 'the second' >> "$1"`) });
    expect(approve.mock.lastCall?.[1]).toMatchObject({ notes: "the second", scope: "session" });
  });
});
