import { describe, expect, it } from "vitest";

import { painter } from "#modes/print/paint.ts";
import { cutToWidth, displayWidth, labelled, table } from "#modes/print/table.ts";

describe("a table", () => {
  it("aligns its columns and leaves no space at the end of a line", () => {
    expect(
      table(
        ["A", "LONGER"],
        [
          ["xyz", "1"],
          ["x", "22"],
        ],
      ),
    ).toBe("A    LONGER\nxyz  1\nx    22");
  });

  it("leaves out a column without any text", () => {
    expect(table(["A", "EMPTY", "B"], [["1", "", "2"]])).toBe("A  B\n1  2");
  });

  it("aligns by what a terminal shows: wide letters, marks and colours", () => {
    const painted = table(
      ["NAME", "X"],
      [
        [{ text: "日本", ink: "red" }, "1"],
        ["e\u0301", "2"],
      ],
      painter(true),
    );
    // oxlint-disable-next-line no-control-regex -- the colours themselves
    expect(painted.replaceAll(/\u001b\[\d+m/g, "")).toBe("NAME  X\n日本  1\ne\u0301     2");
    expect(painted).toContain("\u001b[31m日本\u001b[39m");
  });

  it("aligns labels", () => {
    expect(
      labelled([
        ["a", "1"],
        ["long", "2"],
      ]),
    ).toBe("a     1\nlong  2");
  });
});

describe("width", () => {
  it("counts cells", () => {
    expect([
      displayWidth("abc"),
      displayWidth("日本"),
      displayWidth("👩‍💻"),
      displayWidth("e\u0301"),
      displayWidth(""),
    ]).toEqual([3, 4, 2, 1, 0]);
  });

  it("cuts at cells, never inside a letter", () => {
    expect(cutToWidth("abcdef", 4)).toBe("abc…");
    expect(cutToWidth("日本語", 4)).toBe("日…");
    expect(cutToWidth("abc", 3)).toBe("abc");
  });
});
