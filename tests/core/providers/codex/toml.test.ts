import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { tomlDocument, tomlValue } from "#core/providers/codex/toml.ts";

describe("a value on a line", () => {
  it.each([
    ["text", '"text"'],
    ['a "b" \\ \n\t\u0001\u007f', '"a \\"b\\" \\\\ \\n\\t\\u0001\\u007f"'],
    ["\ud800", '"\ufffd"'],
    [7, "7"],
    [true, "true"],
    [["a", 1], '["a", 1]'],
    [{ a: 1, "b.c": { d: [] } }, '{ a = 1, "b.c" = { d = [] } }'],
    [{}, "{}"],
  ])("%j", (value, text) => {
    expect(tomlValue(value)).toBe(text);
  });

  it("is a JSON string whatever the text, on one line and without what TOML has no place for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const written = tomlValue(text);
        expect(JSON.parse(written)).toBe(text.toWellFormed());
        // oxlint-disable-next-line no-control-regex -- what must not be there
        expect(written).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
    );
  });
});

it("a document has plain values first, then a section for each table", () => {
  const table = { a: "b", tables: { "/a.b": { c: true }, d: 1 }, list: [1] };
  expect(tomlDocument(table)).toBe('a = "b"\nlist = [1]\n\n[tables]\nd = 1\n\n[tables."/a.b"]\nc = true\n');
});
