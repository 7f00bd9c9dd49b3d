// The whole dashboard as text, through Ink, at several sizes: it fills the terminal and never exceeds it.

import { render } from "ink-testing-library";
import { afterEach, describe, expect, test } from "vitest";

import { Dashboard } from "#components/dashboard.tsx";
import { widthOf } from "#components/rows.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { aBackend } from "#tests/helpers/backend-choices.ts";
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
  script.bottle({ slug: "far-away-1", host: "a-rather-long-name-of-a-build-host", last_line: "漢".repeat(80) });
  script.host("a-rather-long-name-of-a-build-host", false, "connect ETIMEDOUT ".repeat(20));
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
  backends: ["s", "enter", "b"],
  "crash logs": ["c"],
  stop: ["S"],
  filter: ["/"],
};

describe.each(SIZES)("at $cols x $rows", (size) => {
  test.each(Object.entries(WAYS))("%s fits", (_, keys) => {
    const drive = busyFleet(size);
    for (const key of keys) {
      drive.press(key);
      answer(drive);
    }
    const lines = plain(frameOf(drive)).split("\n");
    expect(lines.length).toBeLessThanOrEqual(size.rows);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(size.cols);
  });
});

test("shows what a preflight warns of without scrolling, however much it tells", () => {
  const drive = driveView({ cols: 80, rows: 24 });
  drive.sync();
  drive.press("s");
  drive.send({
    type: "agents",
    agents: [{ name: "a", from: "root", bottle: "b", provider: "codex", backend: "local", problem: undefined }],
  });
  drive.press("enter");
  const layer = drive.view.stack.at(-1);
  if (layer?.type !== "preflight") throw new Error("no preflight");
  const lines = Array.from({ length: 40 }, () => ({ label: "enforces", text: "much" }));
  const plan = { request: layer.request, slug: "a-1", lines, questions: [], warnings: ["the login expires in 2 min"] };
  drive.send({ type: "planned", request: layer.request, plan });
  expect(plain(frameOf(drive))).toContain("! the login expires in 2 min");
});

/** What the dashboard would be told of agents, of a preflight and of backends. */
function answer(drive: ViewDriver): void {
  const layer = drive.view.stack.at(-1);
  if (layer?.type === "picker") drive.send({ type: "agents", agents: drive.console.script.agents });
  if (layer?.type === "preflight") {
    const plan = { request: layer.request, slug: "demo-1", lines: [], questions: [], warnings: ["漢".repeat(90)] };
    drive.send({ type: "planned", request: layer.request, plan });
  }
  if (layer?.type === "backends") drive.send({ type: "backends", backends: BACKENDS });
}

const BACKENDS = [
  aBackend({
    probe: { available: true, version: "20.10", mechanism: "runc ".repeat(30), weaknesses: ["w ".repeat(200)] },
  }),
  aBackend({
    name: `docker:${"x".repeat(80)}`,
    probe: { available: false, why: "no ".repeat(99), hint: "do ".repeat(99) },
    capabilities: { rebuild: { can: false, why: "there is no image ".repeat(20) } },
  }),
];

describe.each([
  { cols: 80, rows: 24 },
  { cols: 200, rows: 50 },
])("a proposed Dockerfile at $cols x $rows", (size) => {
  function proposed(): ViewDriver {
    const drive = driveView(size);
    drive.console.script.backends = [aBackend()];
    drive.console.script.bottle({ slug: "a-1", backend: "docker" });
    const before = Array.from({ length: 30 }, (_, index) => `ENV A${index}=1`).join("\n");
    const long = `RUN ${"apt-get install \u001b[31m漢字 && ".repeat(20)}`;
    const dockerfile = `FROM node:24-slim\n${before.replace("ENV A3=1", long)}\nRUN last-line\n`;
    drive.console.script.proposal({
      bottle_slug: "a-1",
      kind: "capability-block",
      payload: { dockerfile },
      justification: "please",
    });
    drive.sync();
    drive.send({ type: "dockerfile", slug: "a-1", text: `FROM node:24-slim\n${before}\n` });
    return drive;
  }

  test("is a diff that can be scrolled to its end, and fills the terminal exactly", () => {
    const drive = proposed();
    drive.press("a");
    const first = plain(frameOf(drive));
    expect(first).toContain("Would build an image from this Dockerfile");
    drive.press("G");
    const last = plain(frameOf(drive));
    expect(`${first}${last}`).toContain("+ RUN last-line");
    for (const line of [...first.split("\n"), ...last.split("\n")])
      expect(widthOf(line)).toBeLessThanOrEqual(size.cols);
  });

  test("is coloured by sign, and nothing of the agent's reaches the terminal raw", () => {
    const drive = proposed();
    drive.press("a", "G");
    const frame = frameOf(drive, true);
    expect(frame).toContain("\u001b[32m+ RUN last-line");
    expect(frame).not.toContain("install \u001b[31m");
  });

  test("is told as building, with the step and the last line, in the list and in the inbox", () => {
    const drive = proposed();
    const [{ proposal }] = drive.console.fleet().inbox as [InboxItem];
    const { id } = proposal;
    drive.send({
      type: "building",
      id,
      slug: "a-1",
      step: { type: "step", step: "build the images", state: "started" },
    });
    drive.send({
      type: "building",
      id,
      slug: "a-1",
      step: { type: "output", step: "build", text: "Step 2/3 : RUN x" },
    });
    expect(plain(frameOf(drive))).toContain("rebuilding: build th");
    drive.press("i");
    expect(plain(frameOf(drive))).toContain("building: build the images  Step 2/3 : RUN x");
  });
});

test("the choice of a backend says what each confines with, what it lacks, and why one does not work", () => {
  const drive = driveView({ cols: 100, rows: 30 });
  const weaknesses = ["the kernel is shared with the host"];
  const probe = { available: true, version: "20.10.24", mechanism: "docker/runsc", weaknesses } as const;
  const down = { available: false, why: "connect ECONNREFUSED", hint: "start dockerd there" } as const;
  const rebuild = { can: false, why: "its images are read-only" } as const;
  for (const key of ["s", "enter", "b"]) {
    drive.press(key);
    answer(drive);
  }
  const backends = [
    aBackend({ probe, capabilities: { rebuild } }),
    aBackend({ name: "docker:b", host: "b", probe: down }),
  ];
  drive.send({ type: "backends", backends });
  const text = plain(frameOf(drive));
  for (const words of [
    "✓ docker",
    "confines with docker/runsc (20.10.24)",
    "! not enforced: the kernel is shared with the host",
    "· no rebuild from another Dockerfile: its images are read-only",
    "✗ docker:b",
    "on b  connect ECONNREFUSED",
  ])
    expect(text).toContain(words);
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

test("what a build prints last is seen without asking for it, all of it with `o`", () => {
  const drive = driveView({ cols: 80, rows: 24 });
  drive.sync();
  drive.press("d");
  for (const text of ["Step 1/3 : FROM x", "Step 2/3 : RUN y"])
    drive.send({ type: "progress", step: { type: "output", step: "build the images", text: `${text}\n` } });
  const shown = (): string => plain(frameOf(drive));
  expect(shown()).toContain("Step 2/3 : RUN y");
  expect(shown()).not.toContain("Step 1/3");
  drive.press("o");
  expect(shown()).toContain("Step 1/3");
});
