// The tab Egress in a real pseudo-terminal: live requests, deciding from a row, the table in an editor, a flood.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import {
  bundleDashboard,
  startDashboard,
  type DashboardOptions,
  type DashboardProcess,
} from "#tests/helpers/dashboard-process.ts";

let bundle: Awaited<ReturnType<typeof bundleDashboard>>;
let folder: string;
let open: DashboardProcess[] = [];

beforeAll(async () => {
  bundle = await bundleDashboard();
  folder = mkdtempSync(join(tmpdir(), "egress-tab-"));
});
afterAll(() => {
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await Promise.all(open.map((dashboard) => dashboard.close()));
  open = [];
});

async function start(options: Partial<DashboardOptions> = {}): Promise<DashboardProcess> {
  const dashboard = await startDashboard({ bundle: bundle.file, ...options });
  open.push(dashboard);
  await dashboard.call("bottle", { slug: "a-1" });
  await dashboard.waitFor("a-1");
  return dashboard;
}

const BLOCKED = { verdict: "block", host: "new.example.com", path: "/v1/items", status: 403, rule: "default deny" };
const FOUND = { rule: "injection:ignore-instructions", direction: "inbound", where: "body", action: "warned" };

/** Presses the key again until it counts: what came into view has to be there for half a second. */
async function press(dashboard: DashboardProcess, key: string, until: string): Promise<void> {
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
  test("a blocked request is looked at and allowed from its row", async () => {
    const dashboard = await start(size);
    await dashboard.call("request", "a-1", {});
    await dashboard.call("request", "a-1", BLOCKED);
    dashboard.type("3");
    await dashboard.waitFor(/✗ block +GET +new\.example\.com/);
    await dashboard.waitFor("FOLLOWING");
    dashboard.type("l");
    await dashboard.waitFor(/▸ .*✗ block/);
    dashboard.type("\r");
    await dashboard.waitFor("the same request now: ✗ block");
    await dashboard.waitFor("no rule is about this host");
    dashboard.type("a");
    await dashboard.waitFor("Would allow GET on https://new.example.com:443, only below /v1/items.");
    await press(dashboard, "a", "allowed until this bottle stops");
    const [asked] = await dashboard.calls("egress.allow");
    expect(asked).toMatchObject([
      "a-1",
      { host: "new.example.com", path: "/v1/items" },
      expect.stringContaining("new.example.com"),
    ]);
    expect(await dashboard.calls("egress.allow")).toHaveLength(1);
    await dashboard.waitFor(/▸ .*✗ block/);
  });

  test("an open request goes on where it stands", async () => {
    const dashboard = await start(size);
    dashboard.type("3");
    await dashboard.waitFor("no request yet");
    const held = { ...BLOCKED, id: 50, at: "2030-01-01T12:00:00.000Z" };
    await dashboard.call("request", "a-1", { ...held, verdict: "hold", status: 0, open: true });
    await dashboard.waitFor(/▲ hold .*···/);
    await dashboard.call("request", "a-1", { ...held, verdict: "allow", status: 200 });
    await dashboard.waitFor(/✓ allow .*200/);
    expect(dashboard.text()).not.toContain("▲ hold ");
  });
});

test("a finding in an answer is told on the tab and beside the bottle until somebody looked", async () => {
  const dashboard = await start({ cols: 100, rows: 30 });
  await dashboard.call("request", "a-1", { findings: [FOUND] });
  await dashboard.waitFor("3 Egress ⚑1");
  expect(dashboard.rows().find((line) => line.includes("a-1"))).toContain("⚑1");
  dashboard.type("3");
  await dashboard.waitFor("⚑ injection:ignore");
  dashboard.type("1");
  await dashboard.waitFor("[1 Screen]");
  await dashboard.waitUntil(() => !dashboard.text().includes("⚑1"), "no badge");
});

test("filters as it is typed, and goes on with the kinds", async () => {
  const dashboard = await start({ cols: 100, rows: 30 });
  await dashboard.call("request", "a-1", { path: "/usual" });
  await dashboard.call("request", "a-1", BLOCKED);
  dashboard.type("3");
  await dashboard.waitFor("/usual");
  dashboard.type("/status:4xx");
  await dashboard.waitUntil(() => !dashboard.text().includes("/usual"), "the filter");
  expect(dashboard.text()).toContain("new.example.com");
  dashboard.type("\r");
  await dashboard.waitFor("“status:4xx” 1 of 2");
  dashboard.type("\u001b");
  await dashboard.waitFor("/usual");
  dashboard.type("v");
  await dashboard.waitFor("blocked 1 of 2");
});

test("the table is edited in the editor: what is wrong is said with its line, and the next round is in force", async () => {
  const editor = join(folder, "editor.sh");
  writeFileSync(
    editor,
    `#!/bin/sh
if grep -q good.example.com "$1"; then exit 0; fi
if grep -q 192.0.2.1 "$1"; then sed -i 's/192.0.2.1/good.example.com/' "$1"; else sed -i 's/api.example.com/192.0.2.1/' "$1"; fi
`,
  );
  chmodSync(editor, 0o700);
  const dashboard = await start({ cols: 100, rows: 30, config: { editor } });
  dashboard.type("3l");
  await dashboard.waitFor("policy v1");
  dashboard.type("T");
  await dashboard.waitFor("▸ api.example.com");
  dashboard.type("e");
  await dashboard.waitFor(/routes\.yaml:\d+: `routes\[0\]\.host` is an address/);
  dashboard.type("\r");
  await dashboard.waitFor("the table is in force as policy v2");
  await dashboard.waitFor("▸ good.example.com");
  dashboard.type("x");
  await dashboard.waitFor("Remove good.example.com from the table?");
  dashboard.type("y");
  await dashboard.waitFor("the table is empty: nothing gets out");
  expect(await dashboard.calls("egress.editTable")).toHaveLength(3); // refused, in force, one rule less
});

test("an editor that is left without saving changes nothing", async () => {
  const dashboard = await start({ cols: 100, rows: 30, config: { editor: "true" } });
  dashboard.type("3l");
  await dashboard.waitFor("policy v1");
  dashboard.type("e");
  await dashboard.waitFor("unchanged: the table stays as it is");
  expect(await dashboard.calls("egress.editTable")).toEqual([]);
});

test("a flood of requests: keys are answered meanwhile, old ones are dropped and counted, few frames are drawn", async () => {
  const dashboard = await start({ cols: 120, rows: 30 });
  dashboard.type("3l");
  await dashboard.waitFor("FOLLOWING");
  const before = dashboard.raw().length;
  await dashboard.call("floodRequests", "a-1", 40_000);
  dashboard.type("T");
  await dashboard.waitFor("TABLE 1/1");
  dashboard.type("T");
  await dashboard.waitFor("/flood/");
  dashboard.type("k");
  await dashboard.waitFor("PAUSED");
  dashboard.type("G");
  await dashboard.waitFor("/flood/39999", 30_000);
  await dashboard.waitFor("35000 older requests dropped");
  // Each frame is at most a screen: a frame for each request would be a hundred times this.
  expect(dashboard.raw().length - before).toBeLessThan(2_000_000);
});

test("colours are not needed", async () => {
  const dashboard = await start({ cols: 100, rows: 30, env: { NO_COLOR: "1" } });
  await dashboard.call("request", "a-1", BLOCKED);
  dashboard.type("3l");
  await dashboard.waitFor(/▸ .*✗ block/);
  // oxlint-disable-next-line no-control-regex -- colours are SGR 30 to 49 and 90 to 107
  expect(dashboard.raw()).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-79]|4\d|9\d|10\d)m/);
});

test("a resize under the detail keeps it whole", async () => {
  const dashboard = await start({ cols: 200, rows: 50 });
  await dashboard.call("request", "a-1", { ...BLOCKED, path: `/${"segment/".repeat(30)}` });
  dashboard.type("3l\r");
  await dashboard.waitFor("the same request now");
  dashboard.resize(60, 20);
  await dashboard.idle(300);
  expect(dashboard.rows()[1]).toMatch(/^╭─ Request ─+╮$/);
  for (const line of dashboard.rows()) expect(line.length).toBeLessThanOrEqual(60);
});
