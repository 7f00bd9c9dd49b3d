import { describe, expect, test } from "vitest";

import { fieldName } from "#domain/problem/field-name.ts";
import { readYaml } from "#domain/yaml-text.ts";

const read = (text: string, options = {}) => readYaml(text, { path: "f", ...options });
const value = (text: string, options = {}) => {
  const result = read(text, options);
  return result.ok ? result.yaml.value : result.problems.map(({ line, message }) => `${line} ${message}`);
};

describe("readYaml", () => {
  test("reads the core schema, whatever a directive asks for", () => {
    expect(value("a: yes\nb: 0o17\nc: 1_000\nd: 2024-01-01\ne: ~\n<<: x")).toEqual({
      a: "yes",
      b: 15,
      c: "1_000",
      d: "2024-01-01",
      e: null,
      "<<": "x",
    });
    expect(value("%YAML 1.1\n---\na: yes")).toEqual({ a: "yes" });
    expect(value("")).toBeNull();
  });

  test("keeps what is written where text is wanted", () => {
    expect(value("a: {1: 0x1F, b: true}\nc: 0x1F", { asText: ([first]: string[]) => first === "a" })).toEqual({
      a: { 1: "0x1F", b: "true" },
      c: 31,
    });
  });

  test("knows the line of every key and item, or of the nearest thing around it", () => {
    const result = read("a:\n  - x\n  - b: 1\n    c: 2\n", { firstLine: 10 });
    if (!result.ok) throw new Error("not read");
    const { lineOf } = result.yaml;
    expect([
      lineOf(["a"]),
      lineOf(["a", 0]),
      lineOf(["a", 1, "c"]),
      lineOf(["a", 1, "gone", "x"]),
      lineOf(["z"]),
    ]).toEqual([10, 11, 13, 12, undefined]);
  });

  test.each([
    ["a: 1\na: 2", ["2 is there twice"]],
    ["a: {b: 1, b: 2}\nc: 1\nc: 1", ["1 is there twice", "3 is there twice"]],
    ["1: a", ["1 has a key that is no plain text"]],
    ["[a]: b", ["1 has a key that is no plain text"]],
    ["a: *b", ["1 has the alias *b of nothing"]],
    ["a: &a [*a]", ["1 is nested more than 32 deep, or contains itself"]],
    ["a: !!binary x", ["1 has a tag; tags are not accepted"]],
    ["__proto__: 1", ["1 is not accepted as a key"]],
    [`[${"x,".repeat(20_001)}]`, ["1 has more than 20000 values"]],
    [`a: &a x\nb: [${"*a,".repeat(101)}]`, ["2 has more than 100 aliases"]],
    ["x".repeat(1_048_577), ["undefined is larger than 1 MiB"]],
    ["a: 1\n---\nb: 1", ["2 is not valid YAML here: a second document begins"]],
  ])("refuses %.40j", (text, problems) => {
    expect(value(text)).toEqual(problems);
  });

  test("gives objects that hold only what the text has", () => {
    expect(value("constructor: 1\ntoString: 2")).toEqual({ constructor: 1, toString: 2 });
  });
});

test("fieldName writes a path as people do, without control characters", () => {
  expect(fieldName(["egress", "routes", 0, "host"])).toBe("egress.routes[0].host");
  expect(fieldName(["env", "a b", "\u001b[31m"])).toBe('env."a b".""');
});
