// Agents' screens: exact in what they show, and never a byte of the agent's own.

import { expect, test, vi } from "vitest";

import { paint, rowWidth, type Row } from "#components/rows.ts";
import { createAgentScreen } from "#modes/tui/agent-screen.ts";

async function shown(bytes: string, { cols = 20, rows = 5, width = 20, count = 5 } = {}): Promise<Row[]> {
  const changed = vi.fn<() => void>();
  const screen = createAgentScreen({ cols, rows, snapshot: "" }, changed);
  await screen.take({ type: "output", data: bytes, cursor: 0 });
  await vi.waitFor(() => expect(changed.mock.calls.length).toBeGreaterThanOrEqual(2));
  return screen.visible(count, 0, width);
}

const textOf = (rows: readonly Row[]) =>
  rows.map((row) =>
    row
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );

test("keeps colours, bold, dim, italic, underline and inverse", async () => {
  const [row = []] = await shown(
    "\u001b[1;31ma\u001b[0;2mb\u001b[0;3mc\u001b[0;4md\u001b[0;7me\u001b[0;38;2;1;2;3mf\u001b[0;48;5;200mg",
  );
  const styles = Object.fromEntries(row.map(({ text, style }) => [text.trim(), style]));
  expect(styles).toMatchObject({
    a: { bold: true, color: 1 },
    b: { dim: true },
    c: { italic: true },
    d: { underline: true },
    e: { inverse: true },
    f: { color: "#010203" },
    g: { background: 200 },
  });
});

test("keeps wide and combining characters in their columns", async () => {
  const rows = await shown("漢字e\u0301x");
  expect(textOf(rows)).toEqual(["漢字e\u0301x"]);
  expect(rowWidth(rows[0] ?? [])).toBe(20);
});

test("gives emoji the two columns that agents count for them", async () => {
  const rows = await shown("👍ok 🫠 ❤\ufe0f x\r\n12345678901");
  expect(textOf(rows)).toEqual(["👍ok 🫠 ❤ x", "12345678901"]);
  expect(rows.map(rowWidth)).toEqual([20, 20]);
});

test("never cuts a wide character in half", async () => {
  const [row = []] = await shown("abc漢", { width: 4 });
  expect(rowWidth(row)).toBe(4);
  expect(textOf([row])).toEqual(["abc"]);
});

test("shows what is on the screen after moves, scroll regions and the alternate screen", async () => {
  expect(textOf(await shown("one\r\ntwo\u001b[1;1HONE"))).toEqual(["ONE", "two"]);
  expect(textOf(await shown("main\u001b[?1049h\u001b[Halternate"))).toEqual(["alternate"]);
});

test("shows the newest rows of an agent that prints more than fits", async () => {
  const rows = await shown(Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\r\n"), { count: 3 });
  expect(textOf(rows)).toEqual(["line 27", "line 28", "line 29"]);
});

const HOSTILE = [
  "\u001b]0;title\u0007",
  "\u001b]52;c;ZXZpbA==\u0007",
  "\u001b[6n\u001b[c",
  "\u001bP+q544e\u001b\\",
  "\u001b[?1003h\u001b[?2004h",
  "\u001b_Gf=100;AAAA\u001b\\",
  "\u009b31m\u0085",
  "a\u202eb\u200bc\u2066d",
  "\u0000\u0007\u0008\u007f",
  "\u001b]8;;http://evil/\u0007link\u001b]8;;\u0007",
];

// oxlint-disable-next-line no-control-regex -- what we make ourselves
const OUR_SGR = /\u001b\[[\d;]*m/g;
// oxlint-disable-next-line no-control-regex -- what must not be left
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u;

test.each(HOSTILE)("lets nothing through of %j but text", async (bytes) => {
  const rows = await shown(`x${bytes}y`);
  const out = rows.map((row) => paint(row, true)).join("\n");
  expect(out.replaceAll(OUR_SGR, "")).not.toMatch(UNSAFE);
});

test("follows a resize in its place between the bytes", async () => {
  const changed = vi.fn<() => void>();
  const screen = createAgentScreen({ cols: 10, rows: 3, snapshot: "" }, changed);
  await screen.take({ type: "output", data: "0123456789abc\r\n", cursor: 0 });
  await screen.take({ type: "resize", cols: 20, rows: 3 });
  await screen.take({ type: "output", data: "!", cursor: 0 });
  await vi.waitFor(() => expect(textOf(screen.visible(3, 0, 20))).toEqual(["0123456789abc", "!"]));
});

test("starts anew from the snapshot of a reset", async () => {
  const screen = createAgentScreen({ cols: 10, rows: 3, snapshot: "old" }, () => {});
  await screen.take({ type: "reset", snapshot: "new", cols: 10, rows: 3, cursor: 9, dropped: 100 });
  await vi.waitFor(() => expect(textOf(screen.visible(3, 0, 10))).toEqual(["new"]));
});

test("marks the cursor", async () => {
  const [row = []] = await shown("ab");
  expect(row.find(({ style }) => style?.inverse === true)?.text).toBe(" ");
});
