// Every command that prints, run with --json: one document (or one a line) of its published schema, and nothing else.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Console } from "#contracts/console.ts";
import { loadDefinitions } from "#core/definitions/load.ts";
import { type EgressStatus, NO_TRAFFIC } from "#domain/egress/control.ts";
import { PUBLISHED } from "#modes/json/published.ts";
import {
  bottleRow,
  decision,
  EMPTY_FLEET,
  fakeConsole,
  inboxItem,
  questionProposal,
} from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";

let root: string;
let console: Console;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bottle-dash-test-"));
  await writeFile(join(root, "crash.log"), "Error: x\n");
  console = scripted();
});
afterAll(() => rm(root, { recursive: true }));

const ID = "mfx12k3ab-c4d5e";
const SLUG = "reviewer-k3x9a";
const printing: Readonly<Record<string, readonly (readonly string[])[]>> = {
  report: [[]],
  list: [["list"], ["list", "active"]],
  "list-available": [["list", "available"]],
  "list-all": [["list", "all"]],
  proposals: [["proposals"], ["proposals", "--all"]],
  proposal: [["proposals", ID]],
  decision: [
    ["approve", ID],
    ["reject", ID, "--reason", "no"],
  ],
  undo: [["undo", ID]],
  preflight: [["start", "reviewer", "--dry-run"]],
  started: [
    ["start", "reviewer", "--yes"],
    ["resume", SLUG],
  ],
  explain: [["explain", SLUG]],
  "task-end": [["start", "reviewer", "--yes", "--prompt", "mend it"]],
  stop: [["stop", SLUG]],
  exec: [["exec", SLUG, "true"]],
  cp: [
    ["cp", "/here", `${SLUG}:/home/node/there`],
    ["cp", `${SLUG}:/home/node/there`, "/here"],
  ],
  cleanup: [
    ["cleanup", "--dry-run"],
    ["cleanup", "--yes"],
  ],
  "log-line": [["logs", SLUG]],
  "crash-logs": [["crash-logs"]],
  "crash-log-line": [["crash-logs", "dashboard"]],
  egress: [
    ["egress", SLUG],
    ["egress", SLUG, "add", "x.test"],
    ["egress", SLUG, "remove", "x.test"],
  ],
  "egress-verdict": [["egress", SLUG, "test", "https://x.test/"]],
  "egress-learned": [["egress", SLUG, "learn"]],
  "egress-pipelock": [["egress", SLUG, "pipelock"]],
  "egress-request": [["egress", SLUG, "requests"]],
  audit: [["audit", "show", SLUG]],
  "audit-verify": [["audit", "verify"]],
  doctor: [["doctor"]],
  init: [["init", "made", "--bottle", "dev"]],
  info: [
    ["info", "made"],
    ["info", "dev"],
  ],
};
const elsewhere = ["watch-event", "edited"]; // reading.test.ts; an editor: definitions.test.ts

describe("--json", () => {
  it("is tried for every published schema", () => {
    expect([...Object.keys(printing), ...elsewhere].toSorted()).toEqual(Object.keys(PUBLISHED).toSorted());
  });

  const cases = Object.entries(printing).flatMap(([name, lines]) =>
    lines.map((argv) => ({ name, argv, line: argv.join(" ") })),
  );
  it.each(cases)("prints one line of the schema $name for: $line", async ({ name, argv }) => {
    const { stdout, stderr } = await runCli([...argv, "--json"], { console });
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(PUBLISHED[name]?.schema.safeParse(JSON.parse(stdout)).error).toBeUndefined();
    expect(stderr).toBe("");
  });

  it("is indented in a terminal", async () => {
    const { stdout } = await runCli(["list", "--json"], { console, terminal: true });
    expect(stdout).toMatch(/^\[\n {2}\{\n {4}"slug"/);
  });
});

function scripted(): Console {
  const at = "2030-01-01T11:00:00.000Z";
  const hash = "a".repeat(64);
  const status: EgressStatus = {
    version: 1,
    table_digest: "x",
    table: { version: 1, on_unknown_host: "block", hold_seconds: 120, hosts: {}, routes: [] },
    counters: NO_TRAFFIC,
    recent: [],
  };
  return fakeConsole({
    root,
    snapshot: async () => ({
      ...EMPTY_FLEET,
      bottles: [bottleRow()],
      inbox: [inboxItem(), inboxItem({ proposal: questionProposal(), decision: decision() })],
    }),
    agents: async () => [
      { name: "reviewer", from: "root", bottle: "dev", provider: "command", backend: "local", problem: "no" },
    ],
    history: async () => [],
    definitions: () => loadDefinitions({ root, cwd: root }),
    proposal: async () => inboxItem(),
    approve: async () => decision({ status: "modified", final_payload: { host: "x.test" }, expires_at: at }),
    reject: async () => decision({ status: "rejected" }),
    undo: async () => ({
      version: 1,
      id: ID,
      digest: `sha256:${hash}`,
      notes: "",
      decided_by: "root@here (1)",
      decided_at: at,
      reopened_as: "mfx12k3ad-c4d5e",
    }),
    preflight: async (request) => ({
      request,
      slug: SLUG,
      lines: [{ label: "a", text: "b" }],
      questions: [],
      warnings: [],
    }),
    launch: async () => SLUG,
    resume: async () => {},
    end: async () => ({ reason: "exited", exit_code: 0, signal: null, message: "Mended.", cut: false }),
    stop: async () => {},
    exec: async () => ({ exitCode: 0, stdout: "out", stderr: "", cut: false }),
    copyIn: async () => {},
    copyOut: async () => ({ leftOut: [{ path: "/home/node/there/pipe", why: "it is a pipe" }] }),
    cleanupPlan: async () => [{ slug: SLUG, remove: true, detail: "all" }],
    cleanup: async () => {},
    logs: async (_slug, _options, line) => line({ at, source: "agent", text: "x" }),
    crashLogs: async () => [{ of: "dashboard", path: join(root, "crash.log"), modified: at, bytes: 9 }],
    egress: {
      status: async () => status,
      add: async () => status,
      remove: async () => status,
      seen: async () => ({ since: at, requests: [], left_out: 0 }),
      test: async () => ({ verdict: "block", rule: "default deny", reason: "no", steps: [] }),
      requests: async (_slug, request) =>
        request({
          id: 1,
          at,
          verdict: "allow",
          protocol: "h2",
          method: "GET",
          scheme: "https",
          host: "x.test",
          port: 443,
          path: "/",
          status: 200,
          bytes_up: 0,
          bytes_down: 1,
          ms: 1.5,
          rule: "x.test",
        }),
    },
    audit: async () => [
      { seq: 1, at, bottle: SLUG, actor: "agent", action: "launch", component: "local", detail: "x", prev: hash, hash },
    ],
    verifyAudit: async () => [{ slug: SLUG, verdict: { ok: true, entries: 1 } }],
    explain: async (slug) => ({
      slug,
      state: "idle",
      since: at,
      why: "",
      by: "screen",
      rule: "ready",
      evidence: "> ",
      confirmed_at: at,
      words: [
        { activity: "idle", at, confirmed: at, authority: "screen", detail: "", rule: "ready", evidence: "> " },
        { activity: "idle", at, confirmed: at, authority: "terminal", detail: "", rule: "", evidence: "" },
      ],
      screen: {
        title: "agent",
        progress: null,
        bottom: ["> "],
        rules: 1,
        matches: { state: "idle", rule: "ready", authority: "screen", why: "", evidence: "> " },
      },
    }),
    doctor: async () => [
      {
        name: "backend local",
        state: "ok",
        detail: "x",
        probe: { available: true, version: "1", mechanism: "bubblewrap", weaknesses: [] },
      },
    ],
  });
}
