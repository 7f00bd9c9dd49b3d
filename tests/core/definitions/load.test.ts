import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { loadDefinitions } from "#core/definitions/load.ts";
import { resolveAgent } from "#domain/definition/resolve.ts";
import { describeProblem } from "#domain/problem/problem.ts";

const FIXTURES = fileURLToPath(new URL("../../../fixtures/manifests/", import.meta.url));

let folder: string;
let root: string;
let cwd: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "definitions-"));
  root = join(folder, "root");
  cwd = join(folder, "repository");
  mkdirSync(root);
  mkdirSync(cwd);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
const load = () => loadDefinitions({ root, cwd });
const problemsOf = async () =>
  (await load()).problems.map((problem) => describeProblem(problem).replaceAll(folder, ""));

describe("an existing bot-bottle installation", () => {
  const existing = () =>
    loadDefinitions({ root: join(FIXTURES, "root"), cwd: join(FIXTURES, "repository"), home: "/home/op" });

  test("loads as it is", async () => {
    const definitions = await existing();
    expect(definitions.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect([...definitions.bottles.keys()]).toEqual(["app-dev", "claude", "codex", "container", "shell"]);
    expect(resolveAgent(definitions, "implementer")).toMatchObject({
      from: "root",
      agent: {
        skills: ["init-plan"],
        prompt: "Work through the plan, one step at a time.\n\nAsk before you leave it.",
      },
      bottle: {
        chain: ["app-dev", "claude"],
        supervise: false,
        agent_provider: { template: "claude", auth_token: "CLAUDE_OAUTH" },
        git_user: { name: "implementer-agent", email: "implementer@example.com" },
        egress: { routes: [{ host: "packages.example.org" }, { host: "github.com" }] },
      },
    });
  });

  test("is overlaid by the repository's agents", async () => {
    const definitions = await existing();
    expect(
      [...definitions.agents]
        .map(([name, { from }]) => [name, from])
        .toSorted(([a = ""], [b = ""]) => a.localeCompare(b)),
    ).toEqual([
      ["implementer", "root"],
      ["reviewer", "repository"],
      ["shell", "repository"],
    ]);
    expect(resolveAgent(definitions, "shell")).toMatchObject({
      agent: { prompt: "The repository's own words." },
      bottle: { egress: { upstream_ca: "/home/op/certs/team.pem" } },
    });
  });
});

describe("loadDefinitions", () => {
  test("finds nothing, and nothing wrong, where there is nothing", async () => {
    rmSync(root, { recursive: true });
    expect(await load()).toMatchObject({ bottles: new Map(), agents: new Map(), broken: [], problems: [] });
  });

  test("lets a malformed file cost only itself", async () => {
    write(join(root, "bottles/good.md"), "---\n---\n");
    write(join(root, "bottles/bad.md"), "---\negres: {}\nenv: 5\n---\n");
    write(join(root, "bottles/binary.md"), "\u0000\uFFFD");
    writeFileSync(join(root, "bottles/latin.md"), Buffer.from([0x2d, 0xff, 0xfe]));
    write(join(root, "agents/a.md"), "---\nbottle: good\n---\n");
    write(join(root, "agents/b.md"), "---\nbottle: bad\n---\n");
    const definitions = await load();
    expect([...definitions.bottles.keys()]).toEqual(["good"]);
    expect(definitions.broken.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "bottle bad",
      "bottle binary",
      "bottle latin",
    ]);
    expect(resolveAgent(definitions, "a").bottle.name).toBe("good");
    expect(() => resolveAgent(definitions, "b")).toThrow(
      /agents\/b\.md: bottle: `bad` is malformed \(.*bottles\/bad\.md:2: egres: /,
    );
    expect(await problemsOf()).toEqual([
      expect.stringMatching(
        /^\/root\/bottles\/bad\.md:2: egres: is no key that is known here; did you mean `egress`\?/,
      ),
      "/root/bottles/bad.md:3: env: must be a map of keys and values, not a number",
      "/root/bottles/binary.md:1: has no front matter; begin it with a line of ---",
      "/root/bottles/latin.md: is not UTF-8 text",
      "/root/agents/b.md: bottle: there is no usable bottle definition `bad`; there are: good",
    ]);
  });

  test("says what is wrong with a chain before anybody launches", async () => {
    write(join(root, "bottles/a.md"), "---\nextends: b\n---\n");
    write(join(root, "bottles/b.md"), "---\nextends: a\n---\n");
    write(join(root, "bottles/c.md"), "---\nextends: gone\n---\n");
    expect(await problemsOf()).toEqual(
      [
        "/root/bottles/a.md: extends: the chain never ends: a → b → a; remove `extends` from one of them",
        "/root/bottles/b.md: extends: the chain never ends: b → a → b; remove `extends` from one of them",
        "/root/bottles/c.md: extends: there is no bottle definition `gone`; there are: a, b, c",
      ].map((text) => expect.stringContaining(text.split(": ").slice(1).join(": "))),
    );
  });

  test("skips files whose name is none, with a warning, and does not look at others", async () => {
    write(join(root, "bottles/README.md"), "# Bottles");
    write(join(root, "agents/_template.md"), "");
    write(join(root, "agents/1st.md"), "");
    write(join(root, "agents/notes.txt"), "");
    expect((await load()).problems.map(({ severity }) => severity)).toEqual(["warning", "warning", "warning"]);
    expect(await problemsOf()).toEqual([
      "/root/bottles/README.md: is skipped: a definition's file is named with a-z, 0-9 and -, a letter first",
      "/root/agents/1st.md: is skipped: a definition's file is named with a-z, 0-9 and -, a letter first",
      "/root/agents/_template.md: is skipped: a definition's file is named with a-z, 0-9 and -, a letter first",
    ]);
  });

  test("knows contributed providers", async () => {
    write(join(root, "bottles/a.md"), "---\nagent_provider: {template: mine}\n---\n");
    expect(await problemsOf()).toHaveLength(1);
    write(join(root, "contrib/mine/provider.yml"), "argv: [mine]");
    expect(await problemsOf()).toEqual([]);
  });

  test("follows the operator's own links", async () => {
    write(join(folder, "dotfiles/dev.md"), "---\n---\n");
    mkdirSync(join(root, "bottles"));
    symlinkSync(join(folder, "dotfiles/dev.md"), join(root, "bottles/dev.md"));
    expect([...(await load()).bottles.keys()]).toEqual(["dev"]);
  });

  test("refuses a file that is too large, without reading it", async () => {
    write(join(root, "bottles/big.md"), `---\n---\n${" ".repeat(1_048_576)}`);
    expect(await problemsOf()).toEqual(["/root/bottles/big.md: is larger than 1 MiB"]);
  });
});

describe("a repository", () => {
  test("brings no bottles", async () => {
    write(join(cwd, ".bot-bottle/bottles/evil.md"), "---\negress: {routes: [{host: evil.example}]}\n---\n");
    expect(await problemsOf()).toEqual([
      "/repository/.bot-bottle/bottles: is ignored: bottle definitions come from your own root alone, never from a repository",
    ]);
    expect((await load()).bottles.size).toBe(0);
  });

  test("cannot have the operator's files read through a link", async () => {
    write(join(folder, "secret.md"), "---\nbottle: dev\n---\nThe operator's secret");
    mkdirSync(join(cwd, ".bot-bottle/agents"), { recursive: true });
    symlinkSync(join(folder, "secret.md"), join(cwd, ".bot-bottle/agents/thief.md"));
    expect((await load()).agents.size).toBe(0);
    expect(await problemsOf()).toEqual([
      "/repository/.bot-bottle/agents/thief.md: is a symbolic link; a repository's definitions must be files",
    ]);
  });

  test.each([".bot-bottle", ".bot-bottle/agents"])(
    "cannot have a folder of the operator's read through a link at %s",
    async (link) => {
      write(join(folder, "elsewhere/agents/thief.md"), "---\nbottle: dev\n---\n");
      mkdirSync(dirname(join(cwd, link)), { recursive: true });
      symlinkSync(join(folder, link.endsWith("agents") ? "elsewhere/agents" : "elsewhere"), join(cwd, link));
      expect((await load()).agents.size).toBe(0);
      expect((await load()).problems).toMatchObject([{ severity: "warning" }]);
    },
  );

  test("cannot make anybody wait with a pipe or a device", async () => {
    mkdirSync(join(cwd, ".bot-bottle/agents/folder.md"), { recursive: true });
    execFileSync("/usr/bin/mkfifo", [join(cwd, ".bot-bottle/agents/pipe.md")]);
    expect(await problemsOf()).toEqual([
      "/repository/.bot-bottle/agents/folder.md: is not a file",
      "/repository/.bot-bottle/agents/pipe.md: is not a file",
    ]);
  });

  test("cannot bring files without end", async () => {
    for (let index = 0; index < 510; index++)
      write(join(cwd, `.bot-bottle/agents/a${index}.md`), "---\nbottle: dev\n---\n");
    expect((await load()).agents.size).toBe(500);
  });

  test("that is the home folder has the root for its .bot-bottle, which is read once", async () => {
    const home = join(folder, "home");
    root = join(home, ".bot-bottle");
    cwd = home;
    write(join(root, "bottles/dev.md"), "---\n---\n");
    write(join(root, "agents/a.md"), "---\nbottle: dev\n---\n");
    const definitions = await load();
    expect(definitions.problems).toEqual([]);
    expect(definitions.agents.get("a")?.from).toBe("root");
  });

  test("that has a malformed agent keeps its name taken", async () => {
    write(join(root, "bottles/dev.md"), "---\n---\n");
    write(join(root, "agents/a.md"), "---\nbottle: dev\n---\n");
    write(join(cwd, ".bot-bottle/agents/a.md"), "---\nbotle: dev\n---\n");
    const definitions = await load();
    expect(() => resolveAgent(definitions, "a")).toThrow("repository/.bot-bottle/agents/a.md");
  });
});

describe("a leftover bot-bottle.json", () => {
  test.each([
    ["root", () => join(folder, "bot-bottle.json"), () => rmSync(root, { recursive: true })],
    ["repository", () => join(cwd, "bot-bottle.json"), () => {}],
  ])("beside a missing folder of the %s is an error that says how to convert it", async (_name, path, prepare) => {
    prepare();
    write(path(), "{}");
    const { problems } = await load();
    expect(problems).toMatchObject([{ severity: "error", path: path() }]);
    expect(problems[0]?.message).toMatch(
      /is the old format and is not read; write each entry of it as .*agents\/<name>\.md/,
    );
    expect(() =>
      resolveAgent({ bottles: new Map(), agents: new Map(), broken: [], home: undefined, problems }, "x"),
    ).toThrow("old format");
  });

  test("beside the folder that replaced it is nothing to speak of", async () => {
    write(join(folder, "bot-bottle.json"), "{}");
    write(join(cwd, "bot-bottle.json"), "{}");
    mkdirSync(join(cwd, ".bot-bottle"));
    expect(await problemsOf()).toEqual([]);
  });
});
