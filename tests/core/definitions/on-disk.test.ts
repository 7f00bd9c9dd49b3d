import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createDefinitions } from "#core/definitions/create.ts";
import { keepInDefinition, unkeepInDefinition } from "#core/definitions/keep.ts";
import { loadConfig } from "#core/definitions/load-config.ts";
import { loadDefinitions } from "#core/definitions/load.ts";
import { findDefinition, validateDefinition } from "#core/definitions/validate.ts";
import { DEFAULT_CONFIG } from "#domain/config/config.ts";
import { describeAgent } from "#domain/definition/describe.ts";
import { resolveAgent, resolveBottle } from "#domain/definition/resolve.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "definitions-"));
  mkdirSync(join(root, "bottles"));
  mkdirSync(join(root, "agents"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const path = (name: string) => join(root, name);
const load = () => loadDefinitions({ root, cwd: root });

describe("createDefinitions", () => {
  test("writes a bottle and an agent that load without a word", async () => {
    expect(await createDefinitions(root, "my-app")).toEqual({
      bottle: path("bottles/my-app.md"),
      agent: path("agents/my-app.md"),
    });
    const definitions = await load();
    expect(definitions.problems).toEqual([]);
    expect(resolveAgent(definitions, "my-app").bottle).toMatchObject({
      agent_provider: { command: ["bash", "-l"] },
      egress: { on_unknown_host: "hold" },
    });
    expect(statSync(path("bottles/my-app.md")).mode & 0o777).toBe(0o600);
  });

  test("shows in its comments only what loads as well", async () => {
    const { bottle } = await createDefinitions(root, "all");
    const text = readFileSync(bottle, "utf8")
      .replace("  routes: []\n", "")
      .replaceAll(/^( *)# (?!What|A request)/gm, "$1");
    writeFileSync(bottle, text);
    expect(await validateDefinition(root, { kind: "bottle", name: "all", path: bottle })).toEqual([]);
    const { env, egress, resources } = resolveBottle(await load(), "all");
    expect([Object.keys(env), egress.routes.length, resources.pids]).toEqual([
      ["LOG_LEVEL", "API_KEY", "EDITOR"],
      1,
      512,
    ]);
  });

  test.each(["bottles", "agents"])(
    "never overwrites, and leaves nothing half made, when one is in %s",
    async (kind) => {
      writeFileSync(path(`${kind}/x.md`), "mine");
      await expect(createDefinitions(root, "x")).rejects.toMatchObject({
        code: "conflict",
        where: path(`${kind}/x.md`),
      });
      expect(readFileSync(path(`${kind}/x.md`), "utf8")).toBe("mine");
      expect(existsSync(path(`${kind === "agents" ? "bottles" : "agents"}/x.md`))).toBe(false);
    },
  );

  test.each(["../x", "X", "", "a/b", "a".repeat(61)])("refuses the name %j", async (name) => {
    await expect(createDefinitions(root, name)).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("findDefinition and validateDefinition", () => {
  test("find the agent and the bottle of a name, or the one that is meant", async () => {
    await createDefinitions(root, "x");
    expect((await findDefinition(root, "x")).map(({ kind }) => kind)).toEqual(["agent", "bottle"]);
    expect((await findDefinition(root, "bottle:x")).map(({ kind }) => kind)).toEqual(["bottle"]);
    await expect(findDefinition(root, "y")).rejects.toMatchObject({ code: "not-found" });
    await expect(findDefinition(root, "../../etc/passwd")).rejects.toMatchObject({ code: "not-found" });
  });

  test("name every problem of the file on disk", async () => {
    writeFileSync(path("agents/x.md"), "---\nbotle: x\n---\n");
    const [place] = await findDefinition(root, "x");
    if (place === undefined) throw new Error("not found");
    expect(await validateDefinition(root, place)).toHaveLength(2);
    rmSync(path("agents/x.md"));
    expect(await validateDefinition(root, place)).toMatchObject([
      { message: expect.stringContaining("cannot be read") },
    ]);
  });
});

describe("keepInDefinition", () => {
  const route = { host: "api.example", methods: ["GET"] };

  test("writes the route, keeps the file's mode, and is undone to the letter", async () => {
    const text = "---\nenv: {A: b} # mine\n---\nNotes\n";
    writeFileSync(path("bottles/dev.md"), text);
    chmodSync(path("bottles/dev.md"), 0o640);
    const kept = await keepInDefinition(root, "dev", route);
    expect(resolveBottle(await load(), "dev").egress.routes).toEqual([route]);
    expect(statSync(path("bottles/dev.md")).mode & 0o777).toBe(0o640);
    if (kept === undefined) throw new Error("nothing was kept");
    await unkeepInDefinition(root, "dev", kept);
    expect(readFileSync(path("bottles/dev.md"), "utf8")).toBe(text);
  });

  test("widens no other bottle: what is inherited is copied, not changed", async () => {
    writeFileSync(path("bottles/base.md"), "---\negress: {routes: [{host: base.example}]}\n---\n");
    writeFileSync(path("bottles/dev.md"), "---\nextends: base\n---\n");
    await keepInDefinition(root, "dev", route);
    const definitions = await load();
    expect(resolveBottle(definitions, "dev").egress.routes.map(({ host }) => host)).toEqual([
      "base.example",
      "api.example",
    ]);
    expect(resolveBottle(definitions, "base").egress.routes.map(({ host }) => host)).toEqual(["base.example"]);
  });

  test("changes the file beneath a link and leaves the link", async () => {
    writeFileSync(path("real.md"), "---\n---\n");
    symlinkSync(path("real.md"), path("bottles/dev.md"));
    await keepInDefinition(root, "dev", route);
    expect(lstatSync(path("bottles/dev.md")).isSymbolicLink()).toBe(true);
    expect(readFileSync(path("real.md"), "utf8")).toContain("api.example");
  });

  test("loses none of many at once", async () => {
    writeFileSync(path("bottles/dev.md"), "---\n---\n");
    const hosts = Array.from({ length: 8 }, (_, index) => `h${index}.example`);
    await Promise.all(hosts.map((host) => keepInDefinition(root, "dev", { host })));
    expect(
      resolveBottle(await load(), "dev")
        .egress.routes.map(({ host }) => host)
        .toSorted(),
    ).toEqual(hosts);
  });

  test("writes nothing when the definition is malformed or not there", async () => {
    writeFileSync(path("bottles/dev.md"), "---\negres: {}\n---\n");
    await expect(keepInDefinition(root, "dev", route)).rejects.toMatchObject({ code: "invalid" });
    expect(readFileSync(path("bottles/dev.md"), "utf8")).toBe("---\negres: {}\n---\n");
    await expect(keepInDefinition(root, "gone", route)).rejects.toMatchObject({ code: "not-found" });
    await expect(keepInDefinition(root, "../dev", route)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("describeAgent", () => {
  test("shows everything but values", async () => {
    writeFileSync(
      path("bottles/dev.md"),
      "---\nenv: {TOKEN: hunter2, ASK: ?Your key, MINE: '${HOME}'}\nresources: {memory: 2GiB}\negress: {routes: [{host: a.example, methods: [GET], path_allowlist: [/x/], auth: {scheme: Bearer, token_ref: PAT}}]}\n---\n",
    );
    writeFileSync(path("agents/a.md"), "---\nbottle: dev\nskills: [one]\n---\nDo it\u001b[31m\nnow");
    const text = describeAgent(resolveAgent(await load(), "a")).map(({ label, text: line }) => `${label}: ${line}`);
    expect(text).toEqual([
      `agent: a (from the root, ${path("agents/a.md")})`,
      "prompt: Do it",
      "skills: one",
      "bottle: dev",
      "provider: claude",
      "backend: the first that works here",
      "env: TOKEN as written in the definition",
      "env: ASK asked for at launch",
      "env: MINE from your HOME",
      "egress: a.example GET /x/ [auth:Bearer from PAT]",
      "unknown hosts: are blocked",
      "supervise: on",
      "memory: 2 GiB",
    ]);
  });
});

describe("loadConfig", () => {
  test("is all defaults without a file", async () => {
    expect(await loadConfig(root)).toEqual({ config: DEFAULT_CONFIG, problems: [] });
  });

  test("is what the file says", async () => {
    writeFileSync(path("config.yml"), "theme: dark\n");
    expect((await loadConfig(root)).config).toEqual({ ...DEFAULT_CONFIG, theme: "dark" });
  });

  test("is all defaults and every problem with a malformed file", async () => {
    writeFileSync(path("config.yml"), "theme: drak\nlogs: 5\n");
    expect(await loadConfig(root)).toMatchObject({ config: DEFAULT_CONFIG, problems: [{ line: 1 }, { line: 2 }] });
    rmSync(path("config.yml"));
    mkdirSync(path("config.yml"));
    expect(await loadConfig(root)).toMatchObject({ config: DEFAULT_CONFIG, problems: [{ message: "is not a file" }] });
  });
});
