// The whole dashboard as text, through Ink, at several sizes: it fills the terminal and never exceeds it.

import { render } from "ink-testing-library";
import { afterEach, describe, expect, test } from "vitest";

import { Dashboard } from "#components/dashboard.tsx";
import { widthOf } from "#components/rows.ts";
import { driveView, trafficOf, type ViewDriver } from "#tests/helpers/view-driver.ts";

let unmount: (() => void) | undefined;
afterEach(() => unmount?.());

// oxlint-disable-next-line no-control-regex -- our own SGR
const plain = (frame: string) => frame.replaceAll(/\u001b\[[\d;]*m/g, "");

function frameOf(drive: ViewDriver, color = false): string {
  const shown = render(<Dashboard {...drive.scene().props} color={color} onText={() => {}} />);
  unmount = shown.unmount;
  return shown.lastFrame() ?? "";
}

function busyFleet(size: { cols: number; rows: number }): ViewDriver {
  const drive = driveView(size);
  const { script } = drive.console;
  script.bottle({ slug: "writer-abcde", label: "docs", last_line: "compiling 漢字 👍", down: { egress: "killed" } });
  script.bottle({ slug: "demo-12345", state: "crashed", exit_code: 1, down: { supervise: "ended with it" } });
  script.bottle({ slug: "quiet-00000", state: "idle" });
  script.problem("bottles/old.md", "unknown key `evn` (did you mean env?)");
  script.proposal({
    bottle_slug: "writer-abcde",
    kind: "egress-block",
    payload: { host: "api.examp1e.com" },
    justification: "I need it",
  });
  script.proposal({
    bottle_slug: "quiet-00000",
    kind: "question",
    payload: { text: "Which one? ".repeat(40), options: ["red", "green"] },
  });
  const finding = { rule: "github-pat", direction: "outbound", where: "header X-Note", action: "redacted" } as const;
  script.request("writer-abcde", { verdict: "redact", path: `/${"漢字".repeat(80)}`, findings: [finding] });
  script.request("writer-abcde", { verdict: "hold", host: "held.example.com", open: true, status: 0 });
  script.request("writer-abcde", { verdict: "block", host: `${"long.".repeat(40)}example.com`, status: 403 });
  script.egress.reloadError = `routes.yaml:4: ${"wrong ".repeat(40)}`;
  drive.traffic = trafficOf(drive.console, "writer-abcde");
  drive.sync();
  return drive;
}

const SIZES = [
  { cols: 100, rows: 30 },
  { cols: 80, rows: 24 },
  { cols: 60, rows: 16 },
  { cols: 40, rows: 12 },
  { cols: 20, rows: 5 },
];
const WAYS: Record<string, string[]> = {
  main: [],
  logs: ["2"],
  egress: ["3"],
  "egress list": ["3", "l", "k"],
  "egress whole": ["3", "z"],
  "egress filter": ["3", "/"],
  "egress search": ["3", "&"],
  "egress detail": ["3", "l", "enter"],
  "egress allow": ["3", "l", "a"],
  "egress deny": ["3", "l", "g", "x"],
  "egress table": ["3", "l", "T"],
  "egress remove": ["3", "l", "T", "x"],
  proposals: ["4"],
  info: ["6"],
  audit: ["7"],
  inbox: ["i"],
  proposal: ["a"],
  reject: ["x"],
  answer: ["i", "down", "a"],
  help: ["?"],
  palette: [":"],
  picker: ["s"],
  "crash logs": ["c"],
  stop: ["S"],
  filter: ["/"],
};

describe.each(SIZES)("at $cols x $rows", (size) => {
  test.each(Object.entries(WAYS))("%s fits", (_, keys) => {
    const drive = busyFleet(size);
    drive.press(...keys);
    const lines = plain(frameOf(drive)).split("\n");
    expect(lines.length).toBeLessThanOrEqual(size.rows);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(size.cols);
  });
});

test("shows states in words, what is down, how many wait, and each problem in a row of its own", () => {
  const text = plain(frameOf(busyFleet({ cols: 100, rows: 30 })));
  for (const words of [
    "crashed",
    "egress down",
    "exit 1",
    "▲ 2 waiting for you",
    "docs (writer-abcde)",
    "! unknown key `evn` (did you mean env?) (bottles/old.md)",
  ])
    expect(text).toContain(words);
  expect(text).not.toContain("supervise down");
});

test("the live requests are told by sign and word, and a table that is not in force is seen first", () => {
  const drive = busyFleet({ cols: 100, rows: 30 });
  drive.press("3", "l");
  const text = plain(frameOf(drive));
  for (const words of [
    "! the newest table is NOT in force",
    "~ redact",
    "▲ hold",
    "▸ ",
    "✗ block",
    "⚑ github-pat redacted",
  ])
    expect(text).toContain(words);
});

test("without colour there is no colour, and the selection is still marked", () => {
  const drive = busyFleet({ cols: 100, rows: 30 });
  drive.press("3", "l");
  const frame = frameOf(drive, false);
  // oxlint-disable-next-line no-control-regex -- colours are SGR 30 to 49 and 90 to 107
  expect(frame).not.toMatch(/\u001b\[(?:\d;)*(?:3\d|4\d|9\d|10\d)/);
  expect(plain(frame)).toContain("▸ ✗ crashed");
});

test("in a terminal that is too small it says how many wait and what it needs", () => {
  const text = plain(frameOf(busyFleet({ cols: 20, rows: 5 })));
  expect(text).toContain("2 wait");
  expect(text).toContain("needs 40x12");
});

test("renders only what is visible of a thousand bottles", () => {
  const drive = driveView({ cols: 100, rows: 30 });
  for (let index = 0; index < 1000; index += 1)
    drive.console.script.bottle({ slug: `z-${String(index).padStart(4, "0")}` });
  drive.sync();
  const text = plain(frameOf(drive));
  expect(text).toContain("z-0000");
  expect(text).not.toContain("z-0100");
  expect(text).toContain("1/1000");
});

test("the welcome says in a few lines what this is, with one key to try it", () => {
  const drive = driveView({ cols: 80, rows: 24 });
  const text = plain(frameOf(drive));
  expect(text).toContain("sandboxes (bottles) that they cannot");
  expect(text).toContain("d   start the demo bottle");
});

test("problems keep a row beside many bottles, which says how many more there are; the selection stays in sight", () => {
  const drive = driveView({ cols: 80, rows: 24 });
  for (let index = 0; index < 9; index += 1) drive.console.script.bottle({ slug: `z-${index}` });
  for (const name of ["a", "b", "c"])
    drive.console.script.problem(`/a/very/long/path/${"x/".repeat(40)}${name}`, `no ${name}`);
  drive.sync();
  drive.press("G");
  const text = plain(frameOf(drive));
  expect(text).toContain("! no a (/a/very/long/path");
  expect(text).toContain("+2 more problems");
  expect(text).toMatch(/▸ .*z-8/);
});

test("the welcome is shown with a problem, and names it", () => {
  const drive = driveView({ cols: 80, rows: 24 });
  drive.console.script.problem("bottles/old.md", "unknown key");
  drive.sync();
  const text = plain(frameOf(drive));
  expect(text).toContain("d   start the demo bottle");
  expect(text).toContain("! unknown key (bottles/old.md)");
});
