import { describe, expect, test } from "vitest";

import { configJsonSchema, DEFAULT_CONFIG, parseConfig } from "#domain/config/config.ts";
import { describeProblem } from "#domain/problem/problem.ts";

const problems = (text: string): string[] => {
  const parsed = parseConfig(text, "config.yml");
  return parsed.ok ? [] : parsed.problems.map(describeProblem);
};

describe("config.yml", () => {
  test.each(["", "# nothing set\n", "{}"])("that says nothing is all defaults: %j", (text) => {
    expect(parseConfig(text, "config.yml")).toEqual({ ok: true, value: DEFAULT_CONFIG, warnings: [] });
  });

  test("sets what it names and leaves the rest", () => {
    const parsed = parseConfig(
      "keys: {approve: y, reject: [x, ctrl-x], undo: [], tab-logs: 2}\nlogs: {wrap: true}\nnotifications: off\n",
      "config.yml",
    );
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        ...DEFAULT_CONFIG,
        keys: { approve: "y", reject: ["x", "ctrl-x"], undo: [], "tab-logs": "2" },
        logs: { ...DEFAULT_CONFIG.logs, wrap: true },
        notifications: "off",
      },
    });
  });

  test.each([
    [
      "kyes: {}",
      "config.yml:1: kyes: is no key that is known here; did you mean `keys`? (accepted are keys, theme, detach_keys, default_scope, notifications, editor, backend, logs, docker, credentials)",
    ],
    ["theme: drak", 'config.yml:1: theme: "drak" is not accepted; use auto, dark, light or none (did you mean dark?)'],
    ["\ndetach_keys: q", 'config.yml:2: detach_keys: "q" must be ctrl- and one of a-z [ \\ ] ^ _ @, such as ctrl-]'],
    ["default_scope: manifest", 'config.yml:1: default_scope: "manifest" is not accepted; use once or session'],
    ["notifications: yes", 'config.yml:1: notifications: "yes" is not accepted; use off, bel, osc9 or osc777'],
    ["editor: ''", 'config.yml:1: editor: "" must not be empty'],
    ["keys: {approve: {a: b}}", "config.yml:1: keys.approve: must be a key such as ctrl-s, or a list of keys"],
    ["keys: {Not An Id: a}", 'config.yml:1: keys."Not An Id": must be the id of an action, as the help shows it'],
    ["logs: {lines: 5}", "config.yml:1: logs.lines: 5 must be at least 100"],
    ["logs:", "config.yml:1: logs: is empty; it takes a map of keys and values"],
    ["- theme", "config.yml: must be a map of keys and values, not a list"],
    [
      "theme: [",
      "config.yml:1: is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["theme: dark\ntheme: light", "config.yml:2: theme: is there twice"],
    ["%YAML 1.1\n---\nlogs: {wrap: yes}", 'config.yml:3: logs.wrap: "yes" must be true or false, not text'],
  ])("refuses %j", (text, expected) => {
    expect(problems(text)).toContain(expected);
  });

  test("names further Docker daemons, by address or by context", () => {
    const parsed = parseConfig(
      "docker:\n  hosts:\n    build-1: {url: 'tcp://10.0.0.7:2376'}\n    nas: {context: 7}\n    Lab.x: {url: ssh://me@lab}\n",
      "config.yml",
    );
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        docker: {
          hosts: { "build-1": { url: "tcp://10.0.0.7:2376" }, nas: { context: "7" }, "Lab.x": { url: "ssh://me@lab" } },
        },
      },
    });
  });

  test.each([
    ["docker: {hosts: {a: {}}}", "config.yml:1: docker.hosts.a: must have a url or a context, one of them"],
    [
      "docker: {hosts: {a: {url: 'unix:///x', context: y}}}",
      "config.yml:1: docker.hosts.a: must have a url or a context, one of them",
    ],
    [
      "docker: {hosts: {a: {url: relative/path}}}",
      "config.yml:1: docker.hosts.a.url: must be unix:///path, tcp://host:port, https://host:port or ssh://user@host",
    ],
    [
      "docker: {hosts: {local: {context: a}}}",
      "config.yml:1: docker.hosts.local: must be another name: local is this machine",
    ],
    [
      "docker: {hosts: {'a/b': {context: a}}}",
      'config.yml:1: docker.hosts."a/b": must be a name of letters, digits, dots, dashes and underscores',
    ],
  ])("refuses the daemon %j", (text, expected) => {
    expect(problems(text)).toContain(expected);
  });

  test("shows no password that somebody put into an address", () => {
    const refused = ["ssh://me:hunter22@lab", "shs://me:hunter22@lab"].flatMap((url) =>
      problems(`docker: {hosts: {a: {url: '${url}'}}}`),
    );
    expect(refused).toHaveLength(2);
    expect(refused.join()).not.toContain("hunter22");
  });

  test("has every problem at once", () => {
    expect(problems("theme: x\nlogs: {lines: 1, wrap: 2}\nzzz: 1")).toHaveLength(4);
  });

  test("has a published schema that is up to date (vitest -u writes it)", async () => {
    const text = `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../../../docs/schemas/config.schema.json");
  });
});
