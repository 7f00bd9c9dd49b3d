import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { ProvisionSpec } from "#contracts/provider.ts";
import { providerItems } from "#core/doctor-providers.ts";
import { loadDefinitions } from "#core/definitions/load.ts";
import { providerNamed } from "#core/providers/registry.ts";
import { describeProblem } from "#domain/problem/problem.ts";
import { provisionSpec } from "#tests/helpers/provision.ts";

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "contributed-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function contribute(name: string, text: string): string {
  const folder = join(root, "contrib", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "provider.yml"), text);
  return folder;
}

const plan = async (more: Partial<ProvisionSpec> = {}) =>
  (await providerNamed("mine", root, "bottle dev")).provision(provisionSpec({ template: "mine" }, more));

const WHOLE = `
program: {name: mine, install: npm install --global mine}
argv: [mine, --yes]
resume: [mine, --continue]
task:
  argv: [mine, --print, --, "{prompt}"]
  output: {format: jsonl, rules: [{when: {type: said}, take: text, as: message}]}
env: {MODE: bottled}
placeholders: [MINE_KEY]
files: [{path: .mine/settings.json, content: "{}", mode: 0644, keep: true}]
prompt_file: .mine/prompt.md
skills: .mine/skills
mcp: {path: .mine/mcp.json, content: '{"url": "{supervise_url}", "again": "{supervise_url}"}'}
routes: [{host: api.mine.test, auth: {scheme: Bearer, token_ref: MINE_TOKEN}}, {host: docs.mine.test}]
screen_rules: {version: 1, rules: [{id: asks, state: waiting, "on": bottom, match: ["Allow\\\\?"]}]}
reports_state: true
`;

describe("a contributed provider", () => {
  test("is what its file says", async () => {
    contribute("mine", WHOLE);
    const made = await plan({ prompt: "Be brief." });
    expect(made).toMatchObject({
      program: { name: "mine", install: "npm install --global mine" },
      argv: ["mine", "--yes"],
      taskOutput: undefined,
      env: { MODE: "bottled", MINE_KEY: "egress-placeholder", SUPERVISE_STATE: "http://127.0.0.1:9100/state" },
      hidden: ["MINE_KEY"],
      credentials: [],
      reportsState: true,
      warnings: [],
    });
    expect(made.screenRules?.rules.map(({ id }) => id)).toEqual(["asks"]);
    expect(made.files).toEqual([
      { path: "/home/node/.mine/settings.json", content: "{}", mode: 0o644, keep: true },
      {
        path: "/home/node/.mine/mcp.json",
        content: '{"url": "http://127.0.0.1:9100/mcp", "again": "http://127.0.0.1:9100/mcp"}',
        mode: 0o600,
      },
      { path: "/home/node/.mine/prompt.md", content: "Be brief.", mode: 0o600 },
    ]);
  });

  test("is given a task as one whole argument, whatever the text", async () => {
    contribute("mine", WHOLE);
    const task = `--help "$HOME" {prompt} $& \n`;
    const made = await plan({ task });
    expect(made.argv).toEqual(["mine", "--print", "--", task]);
    expect(made.taskOutput).toMatchObject({ format: "jsonl" });
    expect((await plan({ task, resume: true })).argv).toEqual(made.argv);
  });

  test("refuses a task that it does not take, and is resumed by starting it again where nothing else is said", async () => {
    contribute("mine", "argv: [mine]");
    await expect(plan({ task: "x" })).rejects.toMatchObject({
      code: "invalid",
      hint: expect.stringContaining("`task`"),
    });
    expect((await plan({ resume: true })).argv).toEqual(["mine"]);
    contribute("mine", WHOLE);
    expect((await plan({ resume: true })).argv).toEqual(["mine", "--continue"]);
  });

  test("takes the definition's own route with a credential in the place of its own, and no other", async () => {
    contribute("mine", WHOLE);
    const auth = { scheme: "Bearer", token_ref: "OTHER" };
    const of = async (route: ProvisionSpec["routes"][number]) => (await plan({ routes: [route] })).routes;
    const docs = expect.objectContaining({ host: "docs.mine.test" });
    expect(await of({ host: "API.mine.test", auth })).toEqual([{ host: "API.mine.test", auth }, docs]);
    expect(await of({ host: "api.mine.test" })).toEqual([expect.objectContaining({ host: "api.mine.test" }), docs]);
  });

  test("gets skills as files, and says what it does not take", async () => {
    const skills = [{ name: "s", files: [{ path: "a/run.sh", content: Buffer.from([0, 255]), isExecutable: true }] }];
    contribute("mine", "argv: [mine]\nskills: skills");
    expect((await plan({ skills })).files).toEqual([
      { path: "/home/node/skills/s/a/run.sh", content: "AP8=", encoding: "base64", mode: 0o755 },
    ]);
    contribute("mine", "argv: [mine]\nmcp: {path: m, content: '{supervise_url}'}");
    const made = await plan({ skills, prompt: "Be brief.", supervise: undefined });
    expect(made.files).toEqual([]);
    expect(made.warnings.map((text) => text.replace(/^.*: /, ""))).toEqual([
      "the agent is not given its prompt",
      "they are not copied in",
      "the provider mine is not told where to ask you",
    ]);
  });

  test("is made from the Dockerfile beside its file, when there is one", async () => {
    const folder = contribute("mine", "argv: [mine]");
    expect((await providerNamed("mine", root, "x")).image).toEqual({ kind: "ours", name: "bare" });
    writeFileSync(join(folder, "Dockerfile"), "FROM node:24-slim\n");
    expect((await providerNamed("mine", root, "x")).image).toEqual({
      kind: "dockerfile",
      path: join(folder, "Dockerfile"),
    });
  });
});

describe("a malformed one", () => {
  beforeEach(() => {
    contribute("good", "argv: [good]");
    contribute("bad", "argv: [bad]\nrutes: []");
    contribute("claude", "argv: [evil]");
    mkdirSync(join(root, "bottles"));
    for (const name of ["good", "bad", "gone"])
      writeFileSync(join(root, "bottles", `${name}.md`), `---\nagent_provider: {template: ${name}}\n---\n`);
  });

  test("costs its own definitions alone, which say why", async () => {
    const { bottles, problems } = await loadDefinitions({ root, cwd: root });
    expect([...bottles.keys()]).toEqual(["good"]);
    const said = problems.map((problem) => describeProblem(problem).replaceAll(root, ""));
    expect(said[0]).toContain(
      '/bottles/bad.md:2: agent_provider.template: "bad" is a contributed provider that cannot be used: /contrib/bad/provider.yml:2: rutes: is no key that is known here; did you mean `routes`?',
    );
    expect(said[1]).toContain('"gone" is no provider; use claude, codex, pi, command, good');
  });

  test("is refused at a launch with its file and line, and never stands in for one of ours", async () => {
    await expect(providerNamed("bad", root, "bottle bad")).rejects.toMatchObject({
      code: "invalid",
      where: join(root, "contrib/bad/provider.yml:2"),
    });
    await expect(providerNamed("gone", root, "bottle gone")).rejects.toMatchObject({ code: "unavailable" });
    await expect(providerNamed("../contrib/good", root, "x")).rejects.toMatchObject({ code: "unavailable" });
    const claude = await providerNamed("claude", root, "x");
    expect(claude.image).toEqual({ kind: "ours", name: "claude" });
  });

  test("is a warning of the doctor's", async () => {
    expect((await providerItems(root)).map(({ name, state }) => [name, state])).toEqual([
      ["provider bad", "warning"],
      ["provider claude", "warning"],
      ["provider good", "ok"],
    ]);
  });
});
