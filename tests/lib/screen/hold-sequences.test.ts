import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { holdSequences } from "#lib/screen/hold-sequences.ts";

test.each([
  ["plain", "plain", ""],
  ["a\u001b[31mb", "a\u001b[31mb", ""],
  ["a\u001b", "a", "\u001b"],
  ["a\u001b[3", "a", "\u001b[3"],
  ["a\u001b[?25", "a", "\u001b[?25"],
  ["a\u001b]0;title", "a", "\u001b]0;title"],
  ["a\u001b]0;title\u0007b", "a\u001b]0;title\u0007b", ""],
  ["a\u001b]0;title\u001b", "a", "\u001b]0;title\u001b"],
  ["a\u001b]0;title\u001b\\b", "a\u001b]0;title\u001b\\b", ""],
  ["a\u001bPq#0", "a", "\u001bPq#0"],
  ["a\u001b(", "a", "\u001b("],
  ["a\u001b(0", "a\u001b(0", ""],
  ["a\u009b1", "a", "\u009b1"],
  ["a\u009b1m", "a\u009b1m", ""],
  ["\u001b[1\u0018x", "\u001b[1\u0018x", ""],
])("of %j lets %j through", (text, through, held) => {
  const holder = holdSequences();
  expect(holder.push(text)).toBe(through);
  expect(holder.flush()).toBe(held);
});

test("lets a sequence go once it is complete", () => {
  const holder = holdSequences();
  expect(["\u001b", "]52;c;", "AAAA", "\u0007x"].map((piece) => holder.push(piece))).toEqual([
    "",
    "",
    "",
    "\u001b]52;c;AAAA\u0007x",
  ]);
});

describe("a sequence without an end", () => {
  test("is let through in pieces instead of being kept", () => {
    const holder = holdSequences(100);
    const pieces = Array.from({ length: 50 }, () => holder.push(`\u001b]52;c;${"A".repeat(40)}`.slice(0, 40)));
    expect(pieces.join("").length + holder.flush().length).toBe(50 * 40);
  });

  test("is plain text again after its end", () => {
    const holder = holdSequences(10);
    expect(holder.push(`\u001b]${"x".repeat(20)}`)).toHaveLength(22);
    expect(holder.push("more")).toBe("more");
    expect(holder.push("end\u0007after\u001b[")).toBe("end\u0007after");
  });
});

test("loses and changes nothing, however the text is cut", () => {
  const unit = fc.constantFrom(
    "a",
    "\u001b",
    "[",
    "]",
    "3",
    "1",
    "m",
    ";",
    "\u0007",
    "\\",
    "P",
    "\u009b",
    "\u0018",
    "é",
    "😀",
    "\n",
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 60 }), fc.array(fc.nat(8), { maxLength: 30 }), (units, cuts) => {
      const text = units.join("");
      const holder = holdSequences(16);
      let out = "";
      let rest = text;
      for (const cut of cuts) {
        out += holder.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      expect(out + holder.push(rest) + holder.flush()).toBe(text);
    }),
  );
});
