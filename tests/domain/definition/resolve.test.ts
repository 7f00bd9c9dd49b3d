import { describe, expect, test } from "vitest";

import { resolveAgent, resolveBottle } from "#domain/definition/resolve.ts";
import { bottle, definitions } from "#tests/helpers/definitions.ts";

const REPO = "identity: k";

describe("extends", () => {
  test("brings the parent's keys, and the child's replace them whole", () => {
    const all = definitions({
      base: "supervise: false\nbackend: local\nresources: {cpus: 2, memory: 2GiB}\nagent_provider: {template: codex, forward_host_credentials: true}\negress: {on_unknown_host: hold, routes: [{host: a.example}]}",
      child: "extends: base\nresources: {pids: 9}\negress: {routes: [{host: b.example}]}",
      silent: "extends: child",
    });
    const child = resolveBottle(all, "child");
    expect(child).toMatchObject({
      chain: ["child", "base"],
      supervise: false,
      backend: "local",
      agent_provider: { template: "codex" },
    });
    expect(child.resources).toEqual({ pids: 9 });
    expect(child.egress).toEqual({
      on_unknown_host: "block",
      hold_seconds: 120,
      hosts: {},
      upstream_ca: undefined,
      routes: [{ host: "b.example" }],
    });
    expect(resolveBottle(all, "silent").egress).toEqual(child.egress);
  });

  test("merges env by name, the child's winning", () => {
    const all = definitions({ base: "env: {A: '1', B: '2'}", child: "extends: base\nenv: {B: ?ask, C: '3'}" });
    expect(resolveBottle(all, "child").env).toEqual({
      A: { kind: "literal", value: "1" },
      B: { kind: "prompt", prompt: "ask" },
      C: { kind: "literal", value: "3" },
    });
  });

  test("overlays git-gate.user field by field", () => {
    const all = definitions({
      base: "git-gate: {user: {name: base, email: b@x}}",
      child: "extends: base\ngit-gate: {user: {name: child}}",
    });
    expect(resolveBottle(all, "child").git_user).toEqual({ name: "child", email: "b@x" });
  });

  const base = `git-gate: {repos: {app: {url: ssh://git@one.example/app, ${REPO}}, lib: {url: ssh://git@two.example/lib, ${REPO}}}}`;
  test.each([
    ["missing, inherits", "git-gate: {user: {name: x}}", ["app", "lib"]],
    ["{}, clears", "git-gate: {repos: {}}", []],
    ["nothing, clears", "git-gate:\n  repos:", []],
    [
      "another host, adds",
      `git-gate: {repos: {new: {url: ssh://git@three.example/n, ${REPO}}}}`,
      ["app", "lib", "new"],
    ],
    [
      "the same host, replaces that host's",
      `git-gate: {repos: {new: {url: "ssh://me@ONE.example:22/n", ${REPO}}}}`,
      ["lib", "new"],
    ],
    [
      "the same name at the same host, replaces",
      `git-gate: {repos: {app: {url: ssh://git@one.example/other, ${REPO}}}}`,
      ["app", "lib"],
    ],
  ])("git-gate.repos: %s", (_name, child, expected) => {
    const all = definitions({ base, child: `extends: base\n${child}` });
    expect(Object.keys(resolveBottle(all, "child").git_repos).toSorted()).toEqual(expected.toSorted());
  });

  test("keeps two repositories of the parent's on one host", () => {
    const all = definitions({
      base: `git-gate: {repos: {a: {url: ssh://git@one.example/a, ${REPO}}, b: {url: ssh://git@one.example/b, ${REPO}}}}`,
      child: `extends: base\ngit-gate: {repos: {c: {url: ssh://git@two.example/c, ${REPO}}}}`,
    });
    expect(Object.keys(resolveBottle(all, "child").git_repos)).toEqual(["a", "b", "c"]);
  });

  test("refuses one name for two repositories", () => {
    const all = definitions({
      base,
      child: `extends: base\ngit-gate: {repos: {app: {url: ssh://git@three.example/a, ${REPO}}}}`,
    });
    expect(() => resolveBottle(all, "child")).toThrow(
      "bottle child: git-gate.repos: `app` is the name of two repositories, one of them inherited; give one of them another name",
    );
  });

  test.each([
    ["itself", { a: "extends: a" }, "a", "a.md: extends: `a` extends itself; remove `extends`"],
    [
      "a cycle",
      { a: "extends: b", b: "extends: c", c: "extends: b" },
      "a",
      "c.md: extends: the chain never ends: b → c → b; remove `extends` from one of them",
    ],
    [
      "a missing parent",
      { a: "extends: bse", base: "" },
      "a",
      "a.md: extends: there is no bottle definition `bse`; did you mean `base`? There are: a, base",
    ],
  ])("refuses %s", (_name, bottles, name, message) => {
    expect(() => resolveBottle(definitions(bottles), name)).toThrow(message);
  });

  test("says that a parent is malformed, and why", () => {
    const problems = [{ severity: "error" as const, path: "base.md", line: 3, field: "env", message: "is wrong" }];
    const all = definitions(
      { child: "extends: base" },
      {},
      { broken: [{ kind: "bottle", from: "root", name: "base", path: "base.md", problems }] },
    );
    expect(() => resolveBottle(all, "child")).toThrow(
      "child.md: extends: `base` is malformed (base.md:3: env: is wrong)",
    );
  });
});

describe("defaults", () => {
  test("are bot-bottle's", () => {
    expect(resolveBottle(definitions({ dev: "" }), "dev")).toEqual({
      name: "dev",
      chain: ["dev"],
      env: {},
      agent_provider: { template: "claude" },
      git_user: {},
      git_repos: {},
      egress: { on_unknown_host: "block", hold_seconds: 120, hosts: {}, upstream_ca: undefined, routes: [] },
      supervise: true,
      backend: undefined,
      resources: {},
    });
  });

  test("a path from the home folder becomes absolute", () => {
    expect(resolveBottle(definitions({ dev: "egress: {upstream_ca: ~/ca.pem}" }), "dev").egress.upstream_ca).toBe(
      "/home/op/ca.pem",
    );
  });
});

describe("resolveAgent", () => {
  const all = definitions(
    { dev: "git-gate: {user: {name: bottle, email: b@x}}", other: "" },
    { one: "bottle: dev\ngit-gate: {user: {name: agent}}", lost: "bottle: gone" },
  );

  test("lays the agent's git user over the bottle's", () => {
    expect(resolveAgent(all, "one")).toMatchObject({
      from: "root",
      agent: { name: "one" },
      bottle: { git_user: { name: "agent", email: "b@x" } },
    });
  });

  test("has an equal digest for equal definitions, and another one for others", () => {
    const { digestInput } = resolveAgent(all, "one");
    expect(resolveAgent({ ...all, problems: [] }, "one").digestInput).toBe(digestInput);
    const changed = { ...all, bottles: new Map([["dev", bottle("dev", "supervise: false")]]) };
    expect(resolveAgent(changed, "one").digestInput).not.toBe(digestInput);
  });

  test("names what there is", () => {
    expect(() => resolveAgent(all, "on")).toThrow(
      "there is no agent definition `on`; did you mean `one`? There are: lost, one",
    );
    expect(() => resolveAgent(definitions({}), "x")).toThrow("write one with `bottle-dash init <name>`");
    expect(() => resolveAgent(all, "lost")).toThrow(
      "lost.md: bottle: there is no bottle definition `gone`; there are: dev, other",
    );
  });

  test("never falls back to the root's agent when the repository's of that name is malformed", () => {
    const problems = [{ severity: "error" as const, path: "repo/one.md", line: 2, message: "is wrong" }];
    const broken = [
      { kind: "agent" as const, from: "repository" as const, name: "one", path: "repo/one.md", problems },
    ];
    expect(() => resolveAgent({ ...all, broken }, "one")).toThrow("repo/one.md:2: is wrong");
    expect(
      resolveAgent({ ...all, broken: broken.map((file) => ({ ...file, from: "root" as const })) }, "one").agent.name,
    ).toBe("one");
  });

  test("says how to convert the manifest of old when that is all there is", () => {
    const problems = [{ severity: "error" as const, path: "/w/bot-bottle.json", message: "is the old format" }];
    expect(() => resolveAgent(definitions({}, {}, { problems }), "x")).toThrow(
      "there is no agent definition `x`; /w/bot-bottle.json: is the old format",
    );
  });
});
