import { describe, expect, test } from "vitest";

import { parseAgent, parseBottle } from "#domain/definition/parse.ts";
import { describeProblem } from "#domain/problem/problem.ts";
import { bottle, bottleProblems } from "#tests/helpers/definitions.ts";

describe("a bottle definition", () => {
  test("needs no key at all", () => {
    expect(bottle("dev", "").keys).toEqual({});
    expect(bottle("dev", "# only a comment").keys).toEqual({});
  });

  test("keeps a variable as it is written, whatever YAML would take it for", () => {
    const { env } = bottle("dev", "env: {A: 1.10, B: 0x1F, C: true, D: 007, E: '', F: 2024-01-01}").keys;
    expect(Object.values(env ?? {})).toEqual(
      ["1.10", "0x1F", "true", "007", "", "2024-01-01"].map((value) => ({ kind: "literal", value })),
    );
  });

  test("tells literals, questions and the operator's variables apart", () => {
    const { env } = bottle("dev", "env:\n  A: ?The key, please\n  B: ${HOME}\n  C: x${HOME}\n  D: '?'").keys;
    expect(env).toEqual({
      A: { kind: "prompt", prompt: "The key, please" },
      B: { kind: "host", variable: "HOME" },
      C: { kind: "literal", value: "x${HOME}" },
      D: { kind: "prompt", prompt: "" },
    });
  });

  test.each([
    "agent_provider: {template: claude, auth_token: sk-ant-oat01-qwertyuiop}",
    "egress: {routes: [{host: a.example, auth: {scheme: Bearer sk-ant-oat01-qwertyuiop, token_ref: T}}]}",
    "egress: {routes: [{host: a.example, auth: {scheme: Bearer, token_ref: sk-ant-oat01-qwertyuiop}}]}",
    "egress: {routes: [{host: a.example, auth: sk-ant-oat01-qwertyuiop}]}",
    "env: {A: [sk-ant-oat01-qwertyuiop]}",
  ])("is refused without showing a token that was written in it: %s", (text) => {
    const problems = bottleProblems(text);
    expect(problems).not.toEqual([]);
    expect(problems.join()).not.toContain("qwertyuiop");
  });

  test("says what belongs where a token was written", () => {
    const problems = bottleProblems("agent_provider: {template: claude, auth_token: sk-ant-oat01-qwertyuiop}");
    expect(problems.join()).toContain("must be the name of a variable of yours, never the token itself");
  });

  test("warns where ${…} stays text", () => {
    expect(bottleProblems("env:\n  C: x${HOME}")).toEqual([
      expect.stringMatching(/^dev\.md:3: env\.C: has \$\{…\} inside other text/),
    ]);
  });

  test("takes a command as a list, or as a line for sh", () => {
    const command = (text: string) =>
      bottle("dev", `agent_provider: {template: command, command: ${text}}`).keys.agent_provider?.command;
    expect(command("[node, agent.js]")).toEqual(["node", "agent.js"]);
    expect(command("npm test && bash")).toEqual(["sh", "-c", "npm test && bash"]);
  });

  test.each([
    ["2GiB", 2 * 2 ** 30],
    ["512 MiB", 512 * 2 ** 20],
    ["1.5GB", 1.5e9],
    ["33554432", 33_554_432],
  ])("reads %s of memory", (text, bytes) => {
    expect(bottle("dev", `resources: {memory: ${text}}`).keys.resources?.memory).toBe(bytes);
  });

  test("may name a contributed provider, when there is one", () => {
    const file = { name: "dev", path: "dev.md", text: "---\nagent_provider: {template: mine}\n---\n" };
    expect(parseBottle(file).ok).toBe(false);
    expect(parseBottle(file, { providers: ["mine"] }).ok).toBe(true);
  });

  test("names the accepted backends, when they are known", () => {
    const file = { name: "dev", path: "dev.md", text: "---\nbackend: dockre\n---\n" };
    const parsed = parseBottle(file, { backends: ["local"] });
    expect(parsed.ok ? [] : parsed.problems.map(describeProblem)).toEqual([
      'dev.md:2: backend: "dockre" is no backend; use local',
    ]);
  });

  test("warns of what tls_passthrough leaves unseen, and of what has no effect beside it", () => {
    const warnings = (more: string): string[] =>
      bottleProblems(`egress: {routes: [{host: a.example, pipelock: {tls_passthrough: true}${more}}]}`).map((text) =>
        text.replace(/^dev\.md:2: /, ""),
      );
    expect(warnings("")).toEqual(["a.example: TLS is not opened: nothing is read or scanned"]);
    expect(warnings(", path_allowlist: [/a/]")).toEqual([
      "a.example: TLS is opened, to hold `path_allowlist`: `tls_passthrough` has no effect",
    ]);
    expect(warnings(", auth: {scheme: Bearer, token_ref: T}")).toEqual([
      "a.example: its credential is never sent: `tls_passthrough` is asked for",
      "a.example: TLS is not opened: nothing is read or scanned",
    ]);
  });

  test("warns that nothing in a raw tunnel is read", () => {
    expect(bottleProblems("egress: {routes: [{host: a.example, port: 22, raw_tcp: true}]}")).toEqual([
      "dev.md:2: a.example: raw TCP: nothing is read or scanned",
    ]);
  });

  test.each([
    ["{host: a.example, path_allowlist: ['/repos/*']}", 'a.example: "/repos/*" is a prefix, no pattern; write /repos/'],
    ["{host: '*.com'}", "*.com: allows every name of a whole top-level domain"],
    ["{host: localhost}", "localhost: has no dot: it is a name of this machine or network"],
  ])("warns of what is hardly ever meant: %s", (route, warning) => {
    expect(bottleProblems(`egress: {routes: [${route}]}`)).toEqual([`dev.md:2: ${warning}`]);
  });

  test("a pinned name without a dot was meant", () => {
    expect(bottleProblems("egress: {hosts: {db: '127.0.0.1:8443'}, routes: [{host: db}]}")).toEqual([]);
  });

  test.each([
    ["routes: [{host: a.example, tls_passthrough: true}]", "write it under `pipelock` of the route"],
    ["budget: {requests_per_day: 3}", "write it beside `egress`: it is of the whole bottle"],
    ["routes: [{host: a.example, bytes_per_day: 1GB}]", "write it under `limits` of a route, or under `budget`"],
    ["routes: [{host: a.example, dlp: off}]", "write {inbound: off} (what leaves is always scanned)"],
  ])("says where a misplaced key belongs: %s", (egress, where) => {
    expect(bottleProblems(`egress: {${egress}}`).join()).toContain(where);
  });

  test("takes sizes with units, and plain numbers of bytes", () => {
    const { keys } = bottle(
      "dev",
      "budget: {bytes_per_day: 1GiB, requests_per_day: 10}\negress: {routes: [{host: a.example, limits: {bytes_per_day: 2048, body_bytes: 1.5KiB}}]}",
    );
    expect(keys.budget).toEqual({ bytes_per_day: 2 ** 30, requests_per_day: 10 });
    expect(keys.egress?.routes?.[0]?.limits).toEqual({ bytes_per_day: 2048, body_bytes: 1536 });
  });

  test("may use aliases", () => {
    const { egress } = bottle(
      "dev",
      "egress:\n  routes:\n    - {host: a.example, methods: &m [GET]}\n    - {host: b.example, methods: *m}",
    ).keys;
    expect(egress?.routes?.map(({ methods }) => methods)).toEqual([["GET"], ["GET"]]);
  });

  test("takes null and an empty list for no role, as bot-bottle does", () => {
    expect(bottleProblems("egress: {routes: [{host: a.example, role: }, {host: b.example, role: []}]}")).toEqual([]);
  });
});

describe("an agent definition", () => {
  const agent = (text: string) => parseAgent({ name: "a", path: "a.md", text }, "repository");

  test("has its body as the prompt", () => {
    const parsed = agent("---\nbottle: dev\n---\n\n# Do it\n\n--- now ---\n");
    expect(parsed).toMatchObject({
      ok: true,
      value: { from: "repository", bottle: "dev", skills: [], git_user: {}, prompt: "# Do it\n\n--- now ---" },
    });
  });

  test("may be a Claude Code subagent's file as well", () => {
    expect(
      agent("---\nbottle: dev\nname: x\ndescription: 'y: z'\nmodel: opus\ncolor: red\nmemory: [a]\n---\n").ok,
    ).toBe(true);
  });
});

describe("a file", () => {
  const problems = (text: string) => {
    const parsed = parseBottle({ name: "dev", path: "dev.md", text });
    return parsed.ok ? [] : parsed.problems.map(describeProblem);
  };

  test("without front matter says so", () => {
    expect(problems("")).toEqual(["dev.md:1: has no front matter; begin it with a line of ---"]);
    expect(problems("# Title\n---\n---\n")).toEqual(["dev.md:1: has no front matter; begin it with a line of ---"]);
  });

  test("whose front matter is never closed says so", () => {
    expect(problems("---\nsupervise: true\n")).toEqual([
      "dev.md:1: the front matter is never closed; end it with a line of ---",
    ]);
  });

  test("may have a byte order mark, CRLF line ends, and no line end at the end", () => {
    expect(problems("\uFEFF---\r\nsupervise: true\r\nenv:\r\n  A: b\r\n---")).toEqual([]);
    expect(problems("---\r\nsupervise: 1\r\n---\r\n")).toEqual([
      "dev.md:2: supervise: 1 must be true or false, not a number",
    ]);
  });

  test("of more than a mebibyte, or with a huge front matter, is refused", () => {
    expect(problems(`---\n---\n${"x".repeat(1_048_577)}`)).toEqual(["dev.md:1: is larger than 1 MiB"]);
    expect(problems(`---\n#${"x".repeat(70_000)}\n---\n`)).toEqual([
      "dev.md:1: has a front matter of more than 64 KiB",
    ]);
  });

  test("shows no control characters of its text", () => {
    expect(problems('---\n"\\e[31mred": 1\nbackend: "\\e]0;owned\\a"\n---\n').join("")).not.toMatch(/\p{Cc}/u);
  });
});
