// The detach key: every way that a terminal sends it, and nothing else.

import { expect, test } from "vitest";

import { parseDetachKey, splitAtDetachKey } from "#modes/tui/detach-key.ts";

const key = parseDetachKey("ctrl-]");

test.each([
  ["the control character", "\u001d"],
  ["the kitty protocol", "\u001b[93;5u"],
  ["modifyOtherKeys", "\u001b[27;5;93~"],
])("finds the detach key as %s sends it", (_, bytes) => {
  expect(splitAtDetachKey(key)(`ab${bytes}cd`)).toEqual([
    { type: "data", data: "ab" },
    { type: "detach-key" },
    { type: "data", data: "cd" },
  ]);
});

test("finds a key that is cut by the end of a read", () => {
  const split = splitAtDetachKey(key);
  expect(split("x\u001b[93;")).toEqual([{ type: "data", data: "x" }]);
  expect(split("5uy")).toEqual([{ type: "detach-key" }, { type: "data", data: "y" }]);
});

test("passes a lone Esc on at once", () => {
  expect(splitAtDetachKey(key)("\u001b")).toEqual([{ type: "data", data: "\u001b" }]);
});

test("passes other sequences on whole, also when they begin like the key", () => {
  const split = splitAtDetachKey(key);
  const sent = ["\u001b[9", "3;2u\u001b[A"].flatMap((chunk) => split(chunk));
  expect(sent.map((stroke) => (stroke.type === "data" ? stroke.data : "KEY")).join("")).toBe("\u001b[93;2u\u001b[A");
});

test("takes the key inside a bracketed paste as text", () => {
  const pasted = "\u001b[200~a\u001db\u001b[201~";
  expect(splitAtDetachKey(key)(pasted)).toEqual([{ type: "data", data: pasted }]);
});

test("refuses a key that could not be typed on purpose", () => {
  expect(() => parseDetachKey("x")).toThrow(/"x" cannot be a detach key.*ctrl-\]/);
});
