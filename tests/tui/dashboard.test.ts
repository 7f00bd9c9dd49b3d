// The real dashboard in a real pseudo-terminal, read through a terminal emulator.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import {
  bundleDashboard,
  startDashboard,
  type DashboardOptions,
  type DashboardProcess,
} from "#tests/helpers/dashboard-process.ts";

let bundle: Awaited<ReturnType<typeof bundleDashboard>>;
let open: DashboardProcess[] = [];

beforeAll(async () => {
  bundle = await bundleDashboard();
});
afterAll(() => bundle.remove());
afterEach(async () => {
  await Promise.all(open.map((dashboard) => dashboard.close()));
  open = [];
});

async function start(options: Partial<DashboardOptions> = {}): Promise<DashboardProcess> {
  const dashboard = await startDashboard({ bundle: bundle.file, ...options });
  open.push(dashboard);
  return dashboard;
}

const RULE = {
  kind: "egress-block" as const,
  payload: { host: "api.example.com", methods: ["GET"], path_allowlist: ["/v1/"] },
};

/** The detail has to be in view for half a second before a decision counts; until then the dashboard says so. */
async function decide(dashboard: DashboardProcess, key: string, until: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!dashboard.text().includes(until)) {
    if (Date.now() > deadline) await dashboard.waitFor(until, 1);
    dashboard.type(key);
    await dashboard.idle(120);
  }
}

describe.each([
  { cols: 80, rows: 24 },
  { cols: 200, rows: 50 },
])("at $cols x $rows", (size) => {
  test("welcomes, starts the demo by one key, shows the screen, approves, and quits", async () => {
    const dashboard = await start(size);
    await dashboard.waitFor("start the demo bottle");
    expect(dashboard.alternate).toBe(true);
    dashboard.type("d");
    await dashboard.waitFor("demo-abcde runs");
    await dashboard.call("output", "demo-abcde", "\u001b[32mhello\u001b[0m from the agent\r\n");
    await dashboard.waitFor("hello from the agent");
    await dashboard.proposal({ bottle_slug: "demo-abcde", ...RULE, justification: "I need data" });
    await dashboard.waitFor("1 waiting for you");
    dashboard.type("a");
    await dashboard.waitFor("the agent's own words");
    await decide(dashboard, "a", "approved: live in policy v2");
    expect(await dashboard.calls("approve")).toHaveLength(1);
    dashboard.type("q");
    expect(await dashboard.exited).toBe(0);
    await dashboard.waitUntil(() => !dashboard.alternate, "the main screen");
  });
});

test("says what it needs in a terminal of 20x5, and shows everything when it grows", async () => {
  const dashboard = await start({ cols: 20, rows: 5 });
  await dashboard.waitFor("needs 40x12");
  dashboard.resize(80, 24);
  await dashboard.waitFor("start the demo bottle");
  dashboard.resize(20, 5);
  await dashboard.waitFor("needs 40x12");
  dashboard.type("q");
  expect(await dashboard.exited).toBe(0);
});

test("an idle dashboard writes nothing at all", async () => {
  const dashboard = await start();
  await dashboard.call("bottle", {
    slug: "a-1",
    state: "idle",
    since: new Date(Date.now() - 86_400_000 * 30).toISOString(),
  });
  await dashboard.waitFor("a-1");
  await dashboard.idle(300);
  const before = dashboard.raw().length;
  // A bottle that changes nothing that is shown draws nothing either.
  await dashboard.call("bottle", { slug: "a-1" });
  await dashboard.call("ping");
  await dashboard.idle(1000);
  expect(dashboard.raw().slice(before)).toBe("");
});

test("survives a storm of resizes with one whole frame", async () => {
  const dashboard = await start({ cols: 80, rows: 24 });
  await dashboard.call("many", 50);
  await dashboard.waitFor("agent-00000");
  for (let index = 0; index < 60; index += 1) dashboard.resize(60 + ((index * 37) % 140), 14 + ((index * 13) % 40));
  dashboard.resize(80, 24);
  await dashboard.idle(400);
  const rows = dashboard.rows();
  expect(rows[0]).toContain("bottle-dash  50 bottles");
  expect(rows[1]).toMatch(/^╭─ Bottles 50 ─+╮$/);
  expect(rows.at(-1)).toContain("? help");
  expect(rows.filter((row) => row.includes("bottle-dash  50"))).toHaveLength(1);
});

test("a thousand bottles: keys answer, and only what is visible is drawn", async () => {
  const dashboard = await start();
  await dashboard.call("many", 1000);
  await dashboard.waitFor("agent-00000");
  dashboard.type("G");
  await dashboard.waitFor("▸ ● busy     agent-00999");
  dashboard.type("g");
  await dashboard.waitFor("▸ ● busy     agent-00000");
  dashboard.type("jjj");
  await dashboard.waitFor("▸ ● busy     agent-00003");
  expect(dashboard.text()).not.toContain("agent-00100");
});

test("a flood of logs: follows, pauses, searches, and counts what was dropped", async () => {
  const dashboard = await start({ cols: 120, rows: 30, config: { logs: { lines: 1000 } } });
  await dashboard.call("bottle", { slug: "a-1" });
  await dashboard.waitFor("a-1");
  dashboard.type("2");
  await dashboard.waitFor("FOLLOWING");
  await dashboard.call("flood", "a-1", 5000);
  await dashboard.waitFor("line 4999 of a flood");
  await dashboard.waitFor("4000 older lines dropped");
  dashboard.type("f");
  await dashboard.waitFor("PAUSED");
  await dashboard.call("log", "a-1", "NEEDLE in the hay");
  await dashboard.waitFor("1 newer line");
  expect(dashboard.text()).not.toContain("NEEDLE");
  dashboard.type("/");
  await dashboard.waitFor("Search the logs");
  dashboard.type("line 4500\r");
  await dashboard.waitFor(/▸.*line 4500 of a flood/);
  dashboard.type("f");
  await dashboard.waitFor("NEEDLE");
});

test("a line of a megabyte is cut and says so", async () => {
  const dashboard = await start({ cols: 120, rows: 30 });
  await dashboard.call("bottle", { slug: "a-1" });
  await dashboard.waitFor("a-1");
  dashboard.type("2");
  await dashboard.waitFor("FOLLOWING");
  await dashboard.call("log", "a-1", "x".repeat(1_048_576), "after it");
  await dashboard.waitFor("after it");
  dashboard.type("W");
  await dashboard.waitFor(/cut: 1040384 more/);
  expect(dashboard.text()).toContain("after it");
});

const HOSTILE = [
  "\u001b]0;EVIL-TITLE\u0007",
  "\u001b]52;c;RVZJTA==\u0007",
  "\u001b[?1003h\u001b[?1006h",
  "\u001b[6n\u001b[>c\u001b[5n",
  "\u001bP$qm\u001b\\",
  "\u001b[?1049h",
  "\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007",
  "\u001b[31;1m\u202eDESREVER\u202c",
].join("");

test("nothing that an agent prints reaches the terminal raw: screen, logs, names, proposals", async () => {
  const dashboard = await start({ cols: 120, rows: 30 });
  await dashboard.call("bottle", { slug: "a-1", label: "label", last_line: "plain" });
  await dashboard.call("output", "a-1", `${HOSTILE}\r\nSCREEN-END\r\n`);
  await dashboard.call("request", "a-1", {
    at: new Date().toISOString(),
    verdict: "block",
    method: "GET",
    scheme: "https",
    host: `h${HOSTILE}`,
    port: 443,
    path: `/PATH-START${HOSTILE}`,
    status: 403,
    bytes_up: 0,
    bytes_down: 0,
    ms: 1,
    rule: "none",
  });
  await dashboard.proposal({ bottle_slug: "a-1", ...RULE, justification: `${HOSTILE}JUSTIFIED` });
  await dashboard.waitFor("SCREEN-END");
  dashboard.type("3");
  await dashboard.waitFor("PATH-START");
  dashboard.type("a");
  await dashboard.waitFor("JUSTIFIED");
  const raw = dashboard.raw();
  const enters = raw.split("\u001b[?1049h").length - 1;
  for (const leak of [
    "EVIL-TITLE",
    "RVZJTA",
    "\u001b[?1003h",
    "\u001b[?1006h",
    "\u001b[6n",
    "\u001b[>c",
    "\u001bP",
    "evil.example",
    "\u202e",
    "\u001b]52",
  ]) {
    expect(raw).not.toContain(leak);
  }
  expect(enters).toBe(1);
});

test("two dashboards: what one decides, the other shows and does not decide again", async () => {
  const dashboard = await start();
  await dashboard.call("bottle", { slug: "a-1" });
  const { id } = await dashboard.proposal({ bottle_slug: "a-1", ...RULE });
  await dashboard.waitFor("1 waiting");
  dashboard.type("i");
  await dashboard.waitFor("Would allow");
  await dashboard.call("decideElsewhere", id, "other@host (7)");
  await dashboard.waitFor("by other@host (7)");
  dashboard.type("a");
  await dashboard.waitFor("it is approved already");
  await dashboard.call("used", id, 3);
  await dashboard.waitFor("used 3×");
  expect(await dashboard.calls("approve")).toEqual([]);
});

test("a decision that somebody else won is told as it is", async () => {
  const dashboard = await start();
  await dashboard.call("bottle", { slug: "a-1" });
  await dashboard.proposal({ bottle_slug: "a-1", ...RULE });
  await dashboard.call("failNext", "reject", "p1: it was decided already by other@host (7)");
  await dashboard.waitFor("1 waiting for you");
  dashboard.type("x");
  await dashboard.waitFor("the agent reads why");
  dashboard.type("not today\r");
  await dashboard.waitFor("it was decided already by other@host (7)");
  expect(dashboard.text()).not.toContain("rejected");
});

test("rejects with a reason, typed as fast as it comes", async () => {
  const dashboard = await start();
  await dashboard.call("bottle", { slug: "a-1" });
  await dashboard.proposal({ bottle_slug: "a-1", ...RULE });
  await dashboard.waitFor("1 waiting for you");
  dashboard.type("xuse the mirror instead\r");
  await dashboard.waitFor("rejected: the agent was told");
  expect(await dashboard.calls("reject")).toMatchObject([
    [expect.any(String), { reason: expect.stringContaining("use the mirror instead") as string }],
  ]);
});

test("a pasted text is never taken for keys", async () => {
  const dashboard = await start();
  await dashboard.call("bottle", { slug: "a-1" });
  await dashboard.waitFor("a-1");
  dashboard.type("\u001b[200~q S y\r\u001b[201~");
  await dashboard.idle(300);
  dashboard.type("/");
  await dashboard.waitFor("Filter the bottles");
  dashboard.type("\u001b[200~a-\u001b[201~");
  await dashboard.waitFor("filter “a-”");
  expect(await dashboard.calls("stop")).toEqual([]);
});

describe("reattach", () => {
  test("hands the terminal over at its size, and comes back as it was without a leftover mode", async () => {
    const dashboard = await start({ cols: 100, rows: 30 });
    await dashboard.call("bottle", { slug: "a-1" });
    await dashboard.call("output", "a-1", "agent prompt> ");
    await dashboard.waitFor("agent prompt>");
    dashboard.type("\r");
    await dashboard.waitUntil(() => dashboard.raw().includes("a-1: ctrl-] detaches"), "the title");
    await dashboard.waitUntil(() => dashboard.rows()[0] === "agent prompt>", "the agent's screen");
    dashboard.type("hello\r");
    await expect
      .poll(async () => ((await dashboard.call("screenOf", "a-1")) as { typed: string[] }).typed.join(""))
      .toBe("hello\r");
    expect(((await dashboard.call("screenOf", "a-1")) as { resizes: number[][] }).resizes[0]).toEqual([100, 30]);
    await dashboard.call("output", "a-1", "\u001b[?1003h\u001b[?1006h\u001b[?2004h\u001b[?25l\u001b[3;10rraw");
    await dashboard.waitFor("raw");
    const before = dashboard.raw().length;
    dashboard.type("\u001d");
    await dashboard.waitFor("detached from a-1");
    const after = dashboard.raw().slice(before);
    for (const reset of ["\u001b[?1003l", "\u001b[?1006l", "\u001b[?1004l", "\u001b[>4;0m", "\u001b[<16u", "\u001b[r"])
      expect(after).toContain(reset);
    expect(dashboard.rows()[1]).toContain("╭─ Bottles 1");
    dashboard.type("?");
    await dashboard.waitFor("Help");
  });

  test("sends the detach key through when it is pressed twice", async () => {
    const dashboard = await start();
    await dashboard.call("bottle", { slug: "a-1" });
    await dashboard.waitFor("a-1");
    dashboard.type("o");
    await dashboard.waitUntil(() => dashboard.raw().includes("detaches"), "the title");
    dashboard.type("\u001d\u001d");
    await expect
      .poll(async () => ((await dashboard.call("screenOf", "a-1")) as { typed: string[] }).typed)
      .toEqual(["\u001d"]);
  });

  test("comes back by itself when the bottle ends, and says so", async () => {
    const dashboard = await start();
    await dashboard.call("bottle", { slug: "a-1" });
    await dashboard.waitFor("a-1");
    dashboard.type("o");
    await dashboard.waitUntil(() => dashboard.raw().includes("detaches"), "the title");
    await dashboard.call("ping");
    await dashboard.call("exit", "a-1");
    await dashboard.waitFor("a-1 ended while you were attached");
    expect(dashboard.rows()[1]).toContain("Bottles 1");
  });

  test("goes back and forth ten times", async () => {
    const dashboard = await start();
    await dashboard.call("bottle", { slug: "a-1" });
    await dashboard.call("output", "a-1", "MARK");
    await dashboard.waitFor("MARK");
    for (let round = 0; round < 10; round += 1) {
      dashboard.type("o");
      await dashboard.waitUntil(() => dashboard.rows()[0] === "MARK", "the agent's screen");
      dashboard.type("\u001d");
      await dashboard.waitFor("detached from a-1");
      dashboard.type("\u001b");
      await dashboard.waitUntil(() => !dashboard.text().includes("detached from"), "a clear notice");
    }
    expect(((await dashboard.call("screenOf", "a-1")) as { viewers: number }).viewers).toBe(1);
  });

  test("says why a bottle cannot be attached, and keeps the screen", async () => {
    const dashboard = await start();
    await dashboard.call("bottle", { slug: "a-1" });
    await dashboard.waitFor("80x24");
    await dashboard.call("failNext", "attach", "a-1 does not run");
    dashboard.type("o");
    await dashboard.waitFor("✗ a-1 does not run");
    expect(dashboard.raw()).not.toContain("detaches");
  });
});

describe("editing", () => {
  test("opens $EDITOR, shows what is not valid, and asks before it approves what came back", async () => {
    const folder = join(tmpdir(), `editor-${process.pid}-${Date.now()}`);
    mkdirSync(folder);
    const editor = join(folder, "editor.sh");
    // The first round breaks the rule, the second narrows it.
    writeFileSync(
      editor,
      `#!/bin/sh\nif [ -e ${folder}/second ]; then printf 'host: api.example.com\\nmethods: [GET]\\npath_allowlist: [/v1/only/]\\n' > "$1"; else touch ${folder}/second; printf 'hots: x\\n' > "$1"; fi\n`,
      { mode: 0o755 },
    );
    const dashboard = await start({ env: { EDITOR: editor, VISUAL: "" }, config: { editor } });
    await dashboard.call("bottle", { slug: "a-1" });
    await dashboard.proposal({ bottle_slug: "a-1", ...RULE });
    dashboard.type("a");
    await dashboard.waitFor("Would allow");
    await decide(dashboard, "e", "Approve a changed rule");
    dashboard.type("\u0005");
    await dashboard.waitFor("This cannot be used");
    dashboard.type("\r");
    await dashboard.waitFor("Approve the edited rule");
    expect(await dashboard.calls("approve")).toEqual([]);
    dashboard.type("y");
    await dashboard.waitFor("modified: live in policy v2");
    expect(await dashboard.calls("approve")).toMatchObject([
      [expect.any(String), { payload: { path_allowlist: ["/v1/only/"] } }],
    ]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("changes single fields in a form and shows what they would allow", async () => {
    const dashboard = await start({ cols: 120, rows: 40 });
    await dashboard.call("bottle", { slug: "a-1" });
    await dashboard.proposal({ bottle_slug: "a-1", ...RULE });
    dashboard.type("a");
    await dashboard.waitFor("Would allow");
    await decide(dashboard, "e", "Approve a changed rule");
    dashboard.type("\t\t\t");
    dashboard.type("\u007f\u007f\u007fv2/");
    await dashboard.waitFor("only below /v2/");
    dashboard.type("\u0013");
    await dashboard.waitFor("modified: live");
    expect(await dashboard.calls("approve")).toMatchObject([
      [expect.any(String), { payload: { path_allowlist: ["/v2/"] } }],
    ]);
  });
});

describe("the end", () => {
  async function ready() {
    const dashboard = await start();
    await dashboard.call("bottle", { slug: "a-1" });
    await dashboard.waitFor("a-1");
    return dashboard;
  }

  test("an interrupt exits 130 with the terminal restored", async () => {
    const dashboard = await ready();
    dashboard.type("\u0003");
    expect(await dashboard.exited).toBe(130);
    await dashboard.waitUntil(() => !dashboard.alternate, "the main screen");
  });

  test("SIGTERM restores the terminal and leaves no crash log", async () => {
    const dashboard = await ready();
    process.kill(dashboard.pid, "SIGTERM");
    expect(await dashboard.exited).toBe(143);
    await dashboard.waitUntil(() => !dashboard.alternate, "the main screen");
    expect(existsSync(join(dashboard.root, "logs"))).toBe(false);
  });

  test.each([
    ["an uncaught error", "throw"],
    ["an unhandled rejection", "reject"],
  ])("%s restores the terminal, writes the trace, and names it in one line", async (_, how) => {
    const dashboard = await ready();
    void dashboard.call(how, "the roof is on fire");
    expect(await dashboard.exited).toBe(1);
    await dashboard.waitUntil(() => !dashboard.alternate, "the main screen");
    const log = join(dashboard.root, "logs", "dashboard-crash.log");
    await dashboard.waitFor("bottle-dash crashed: Error: the roof is on fire");
    expect(dashboard.text().replaceAll("\n", "")).toContain(log);
    expect(readFileSync(log, "utf8")).toMatch(
      /^=== dashboard crash \d{4}-\d\d-\d\dT[\d:.]+Z ===\nError: the roof is on fire\n +at /,
    );
  });

  test("a crash is kept in a temporary file when the root cannot be written", async () => {
    const dashboard = await start({ env: { DASHBOARD_ROOT: "/proc/nowhere" } });
    void dashboard.call("throw", "no place");
    expect(await dashboard.exited).toBe(1);
    const file = readdirSync(tmpdir()).find((name) => name.startsWith(`bottle-dash-crash-${dashboard.pid}-`));
    expect(file).toBeDefined();
    rmSync(join(tmpdir(), file ?? ""), { force: true });
  });

  test("stopped and continued, it draws itself anew", async () => {
    const dashboard = await ready();
    dashboard.type("\u001a");
    await dashboard.idle(400);
    await dashboard.waitFor("Bottles 1");
    dashboard.type("?");
    await dashboard.waitFor("Help");
    expect(dashboard.alternate).toBe(true);
  });

  test("a crash log can be followed", async () => {
    const dashboard = await ready();
    const path = join(dashboard.root, "crash.log");
    writeFileSync(path, "first line\n");
    await dashboard.call("crashLogs", [{ path, of: "a-1", modified: new Date().toISOString(), bytes: 11 }]);
    dashboard.type("c");
    await dashboard.waitFor("Crash logs");
    await dashboard.waitFor("a-1");
    dashboard.type("\r");
    await dashboard.waitFor("first line");
    writeFileSync(path, "second line\n", { flag: "a" });
    await dashboard.waitFor("second line");
    expect(dashboard.text()).toContain("FOLLOWING");
  });
});

test("NO_COLOR: no colour is written", async () => {
  const dashboard = await start({ env: { NO_COLOR: "1" } });
  await dashboard.call("bottle", { slug: "a-1", state: "crashed", exit_code: 1 });
  await dashboard.waitFor("crashed");
  // oxlint-disable-next-line no-control-regex -- colours are SGR 30 to 49 and 90 to 107
  expect(dashboard.raw()).not.toMatch(/\u001b\[(?:\d{1,2};)*(?:3[0-8]|4[0-8]|9\d|10\d)(?:;\d+)*m/);
});

test("a bad key in the configuration is refused before the screen is touched", async () => {
  await expect(start({ config: { keys: { inbox: "q" } } })).rejects.toThrow(/bound to both inbox and quit/);
});
