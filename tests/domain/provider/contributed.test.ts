import { describe, expect, test } from "vitest";

import { describeProblem } from "#domain/problem/problem.ts";
import { contributedJsonSchema, parseContributed } from "#domain/provider/contributed.ts";

function parse(text: string, name = "mine") {
  return parseContributed(name, text, "provider.yml");
}

function problems(text: string, name?: string): string[] {
  const parsed = parse(text, name);
  return parsed.ok ? [] : parsed.problems.map(describeProblem);
}

describe("a contributed provider's file", () => {
  test("needs a command line and nothing else", () => {
    expect(parse("argv: [mine, --yes]")).toEqual({ ok: true, value: { argv: ["mine", "--yes"] }, warnings: [] });
    expect(problems("")).toEqual(["provider.yml: argv: is missing"]);
    expect(problems("argv: []")).toEqual([
      "provider.yml:1: argv: is empty; write the program and its arguments, each an entry",
    ]);
    expect(problems("argv: mine --yes")).toEqual(['provider.yml:1: argv: "mine --yes" must be a list, not text']);
  });

  test("names the nearest accepted key for an unknown one, at every depth", () => {
    expect(problems("argv: [a]\nrutes: []")[0]).toContain(
      "provider.yml:2: rutes: is no key that is known here; did you mean `routes`?",
    );
    expect(problems("argv: [a]\ntask: {argvv: [a]}").join()).toContain("did you mean `argv`?");
    expect(problems("argv: [a]\nfiles: [{path: a, content: b, moed: '1'}]").join()).toContain("did you mean `mode`?");
  });

  test("cannot take the name of one of ours", () => {
    for (const name of ["claude", "codex", "pi", "command"]) {
      expect(problems("argv: [a]", name)).toEqual([
        `provider.yml: \`${name}\` is a provider of ours; give the folder another name`,
      ]);
    }
  });

  test.each(["/etc/passwd", "../out", "a/../../out", "a//b", "./a", "a/", "", '"a\\nb"'])(
    "writes no file outside the home: %s",
    (path) => {
      for (const key of [
        `files: [{path: ${path === "" ? "''" : path}, content: x}]`,
        `prompt_file: ${path === "" ? "''" : path}`,
      ])
        expect(problems(`argv: [a]\n${key}`).join()).toContain("must be a path below the agent's home");
    },
  );

  test("reads a mode as octal, however it is written", () => {
    for (const mode of ["0755", '"0755"', "755"]) {
      const parsed = parse(`argv: [a]\nfiles: [{path: run.sh, content: x, mode: ${mode}}]`);
      expect(parsed.ok && parsed.value.files?.[0]?.mode).toBe(0o755);
    }
    expect(problems("argv: [a]\nfiles: [{path: a, content: x, mode: 0o789}]").join()).toContain("octal digits");
  });

  test("takes a task's text as one whole argument", () => {
    expect(parse('argv: [a]\ntask: {argv: [a, --message, "{prompt}"]}').ok).toBe(true);
    expect(problems("argv: [a]\ntask: {argv: [a]}").join()).toContain("must have {prompt} as an argument of its own");
    expect(problems('argv: [a]\ntask: {argv: [sh, -c, "a {prompt}"]}').join()).toContain("inside another argument");
  });

  test("holds its routes to the rules of a definition", () => {
    expect(problems("argv: [a]\nroutes: [{host: 'https://a.test'}]").join()).toContain("is a URL");
    expect(problems("argv: [a]\nroutes: [{host: a.test}, {host: A.test}]").join()).toContain("routes[0] already");
    expect(
      problems("argv: [a]\nroutes: [{host: a.test, auth: {scheme: Bearer, token_ref: sk-live-12}}]").join(),
    ).not.toContain("sk-live-12");
  });

  test("keeps names and arguments of a program in step", () => {
    const program = "program: {name: mine, install: npm install --global mine}\n";
    expect(parse(`${program}argv: [mine]`).ok).toBe(true);
    expect(problems(`${program}argv: [other]`).join()).toContain('must begin with "mine", the program');
    expect(problems("program: {name: ../mine, install: x}\nargv: [../mine]").join()).toContain("without a folder");
  });

  test("has a variable either as a value or as a placeholder", () => {
    expect(problems("argv: [a]\nenv: {KEY: x}\nplaceholders: [KEY]").join()).toContain("is in `env` as well");
    expect(problems("argv: [a]\nenv: {1KEY: x}").join()).toContain("must be the name of a variable");
  });

  test("has every problem at once, with its line", () => {
    const text = "argv: []\nmcp: {path: /a, content: no address}\nscreen_rules: {version: 2, rules: []}\nzzz: 1";
    expect(problems(text).map((problem) => problem.split(": ")[0])).toEqual([
      "provider.yml:1",
      "provider.yml:2",
      "provider.yml:2",
      "provider.yml:3",
      "provider.yml:3",
      "provider.yml:4",
    ]);
  });

  test("has a published schema that is up to date (vitest -u writes it)", async () => {
    const text = `${JSON.stringify(contributedJsonSchema(), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../../../docs/schemas/provider.schema.json");
  });
});
