import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Console, DoctorItem } from "#contracts/console.ts";
import { WatchEvent } from "#modes/json/schemas.ts";
import { type EgressStatus, NO_TRAFFIC } from "#domain/egress/control.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { runCommandLine } from "#cli/run.ts";
import { bottleRow, EMPTY_FLEET, fakeConsole, inboxItem } from "#tests/helpers/fake-console.ts";
import { runCli, startCli } from "#tests/helpers/command-line.ts";

describe("logs", () => {
  const line = { at: "2030-01-01T11:59:58.123Z", source: "egress", text: "blocked\u001b[2J it" };
  const logs = vi.fn<Console["logs"]>(async (_slug, _options, print) => print(line));
  const console = fakeConsole({ logs });

  it("prints {at, source, text}, one object a line", async () => {
    const { code, stdout } = await runCli(["logs", "a-11111", "--json"], { console });
    expect([code, JSON.parse(stdout)]).toEqual([0, line]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  it("passes on what is wanted, and prints plain text", async () => {
    const { stdout } = await runCli(["logs", "a-11111", "-n", "5", "--since", "10m", "-s", "egress", "-s", "init"], {
      console,
    });
    expect(logs.mock.lastCall?.[1]).toEqual({
      follow: false,
      tail: 5,
      since: new Date("2030-01-01T11:50:00.000Z"),
      sources: ["egress", "init"],
    });
    expect(stdout).toBe("11:59:58.123 egress    blocked it\n");
  });

  it("follows until interrupted, and then exits 130 without a word", async () => {
    const operator = new AbortController();
    const following = fakeConsole({
      logs: (_slug, _options, print, signal) =>
        new Promise((resolve) => {
          print(line);
          signal.addEventListener("abort", () => resolve());
          operator.abort();
        }),
    });
    expect(await runCli(["logs", "a-11111", "-f"], { console: following, signal: operator.signal })).toMatchObject({
      code: 130,
      stderr: "",
    });
  });
});

describe("crash-logs", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bottle-dash-test-"));
    path = join(folder, "crash.log");
    await writeFile(path, Array.from({ length: 100 }, (_, index) => `line ${index}\u001b[31m\n`).join(""));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const listing = () =>
    fakeConsole({
      crashLogs: async () => [{ of: "dashboard", path, modified: "2030-01-01T11:00:00.000Z", bytes: 900 }],
    });

  it("lists them, newest first", async () => {
    const { stdout } = await runCli(["crash-logs"], { console: listing() });
    expect(stdout).toMatch(/^OF +WRITTEN +BYTES +FILE\ndashboard +1h ago +900 +/);
    expect(JSON.parse((await runCli(["crash-logs", "--json"], { console: listing() })).stdout)).toHaveLength(1);
  });

  it("prints the end of one", async () => {
    const { stdout } = await runCli(["crash-logs", "dashboard", "-n", "2"], { console: listing() });
    expect(stdout).toBe("line 98\nline 99\n");
    expect((await runCli(["crash-logs", "dashboard", "-n", "1", "--json"], { console: listing() })).stdout).toBe(
      '{"of":"dashboard","text":"line 99"}\n',
    );
  });

  it("names what there is", async () => {
    const { code, stderr } = await runCli(["crash-logs", "dashbord"], { console: listing() });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'bottle-dash: there is no crash log of "dashbord" (did you mean dashboard?); there are: dashboard\n',
    );
    expect(
      (await runCli(["crash-logs", "-f"], { console: fakeConsole({ crashLogs: async () => [] }) })).stderr,
    ).toContain("nothing has crashed");
  });
});

describe("egress", () => {
  const status: EgressStatus = {
    version: 3,
    table_digest: "x",
    table: {
      version: 1,
      on_unknown_host: "hold",
      hold_seconds: 120,
      hosts: {},
      routes: [
        { host: "api.github.com", methods: ["GET"], auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } },
        { host: "x.test", port: 8443, decision: "mfx12k3ab-c4d5e", once: true, expires_at: "2030-01-01T12:05:00.000Z" },
      ],
    },
    counters: { ...NO_TRAFFIC, allowed: 4, blocked: 2, held: 1 },
    recent: [],
  };
  const add = vi.fn<Console["egress"]["add"]>(async () => status);
  const remove = vi.fn<Console["egress"]["remove"]>(async () => status);
  const test = vi.fn<Console["egress"]["test"]>(async () => ({
    verdict: "block",
    rule: "default",
    reason: "no rule names evil.test",
    steps: [{ step: "match", state: "no", detail: "evil.test is on no rule" }],
  }));
  const console = fakeConsole({ egress: { status: async () => status, add, remove, test } });

  it("shows the table in force", async () => {
    const { stdout } = await runCli(["egress", "a-11111"], { console });
    expect(stdout).toContain("api.github.com  443   GET");
    expect(stdout).toMatch(/x\.test +8443 +all +all +decision mfx12k3ab-c4d5e +one request, in 5m/);
    expect(stdout).toContain("unknown hosts are held for 120 s\nversion 3: 4 allowed, 2 blocked, 1 held, 0 open");
    expect(JSON.parse((await runCli(["egress", "a-11111", "show", "--json"], { console })).stdout)).toEqual(status);
  });

  it("adds and removes hosts", async () => {
    await runCli(["egress", "a-11111", "add", "API.test.", "-m", "get", "--path", "/a/", "--port", "8443", "--http"], {
      console,
    });
    expect(add).toHaveBeenCalledWith("a-11111", {
      host: "api.test",
      methods: ["GET"],
      path_allowlist: ["/a/"],
      port: 8443,
      http: true,
    });
    await runCli(["egress", "a-11111", "remove", "x.test"], { console });
    expect(remove).toHaveBeenCalledWith("a-11111", "x.test");
  });

  it.each([
    [["add"], "<target> is missing: a host"],
    [["add", "https://x.test"], "is a URL"],
    [["add", "x.test", "--path", "rel"], '--path "rel" must be an absolute path'],
    [["add", "x.test", "--path", "/a/*"], '--path "/a/*" is a prefix, no pattern; write /a/'],
    [["add", "x.test", "--port", "99999"], "--port must be from 1 to 65535"],
    [["test", "x.test"], "write it whole"],
    [["shwo"], "did you mean show?"],
  ])("refuses %j", async (argv, message) => {
    const { code, stderr } = await runCli(["egress", "a-11111", ...argv], { console });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("says what would happen to a request", async () => {
    const { code, stdout } = await runCli(["egress", "a-11111", "test", "https://evil.test/", "-m", "post"], {
      console,
    });
    expect([code, stdout]).toEqual([
      0,
      "block: no rule names evil.test (default)\n  match  no    evil.test is on no rule\n",
    ]);
    expect(test).toHaveBeenCalledWith("a-11111", "https://evil.test/", "POST");
  });
});

describe("watch", () => {
  it("tells everything there is, then each change, one object a line", async () => {
    const operator = new AbortController();
    let fleet: Fleet = { ...EMPTY_FLEET, bottles: [bottleRow()] };
    let changed = (): void => {};
    const console = fakeConsole({ fleet: () => fleet, subscribe: (listener) => ((changed = listener), () => {}) });
    const { world, stdout, outcome } = startCli({ console, signal: operator.signal });
    const ended = runCommandLine(["watch"], world);
    const events = () =>
      stdout()
        .trimEnd()
        .split("\n")
        .map((line) => WatchEvent.parse(JSON.parse(line)));
    await expect.poll(() => stdout()).toContain('"type":"bottle"');

    fleet = { ...fleet, inbox: [inboxItem()], bottles: [bottleRow({ pending: 1 })] };
    changed();
    fleet = { ...fleet, bottles: [bottleRow({ pending: 1, last_line: "chatter", stats: { cpu: 1, memory: 1 } })] };
    changed();
    fleet = { ...fleet, bottles: [] };
    changed();
    await expect
      .poll(() => events().map(({ type }) => type))
      .toEqual(["bottle", "bottle", "proposal", "bottle-removed"]);
    operator.abort();
    expect(outcome(await ended)).toMatchObject({ code: 130, stderr: "" });
  });
});

describe("audit", () => {
  const whole = { slug: "a-11111", verdict: { ok: true, entries: 7 } } as const;
  const broken = {
    slug: "b-22222",
    verdict: { ok: false, entries: 2, fault: "missing-seq", line: 3, detail: "seq 3 is missing" },
  } as const;

  it("verifies all logs and exits 0 when they are whole", async () => {
    const verifyAudit = vi.fn<Console["verifyAudit"]>(async () => [whole]);
    expect(await runCli(["audit", "verify"], { console: fakeConsole({ verifyAudit }) })).toEqual({
      code: 0,
      stdout: "a-11111: whole, 7 entries\n",
      stderr: "",
    });
    expect(verifyAudit).toHaveBeenCalledWith(undefined);
  });

  it("exits 1 and says where the first fault is", async () => {
    const console = fakeConsole({ verifyAudit: async () => [whole, broken] });
    const { code, stdout, stderr } = await runCli(["audit", "verify"], { console });
    expect(code).toBe(1);
    expect(stdout).toContain("b-22222: missing-seq at line 3: seq 3 is missing");
    expect(stderr).toContain("the audit log of b-22222 is not whole");
    const json = JSON.parse((await runCli(["audit", "verify", "--json"], { console })).stdout);
    expect(json[1]).toEqual({
      slug: "b-22222",
      ok: false,
      entries: 2,
      fault: "missing-seq",
      line: 3,
      detail: "seq 3 is missing",
    });
  });

  it("needs to know whose entries to show", async () => {
    expect((await runCli(["audit", "show"])).code).toBe(2);
    expect((await runCli(["audit"])).stderr).toContain("<action> is missing");
  });
});

describe("doctor", () => {
  const works: DoctorItem = {
    name: "backend local",
    state: "warning",
    detail: "util-linux",
    probe: { available: true, version: "2", mechanism: "util-linux", weaknesses: ["no seccomp"] },
  };
  const lacks: DoctorItem = {
    name: "backend docker",
    state: "missing",
    detail: "no daemon",
    hint: "install docker",
    probe: { available: false, why: "no daemon", hint: "install docker" },
  };
  const node: DoctorItem = { name: "Node", state: "ok", detail: "24" };

  it.each<[string, DoctorItem[], number]>([
    ["0 when one backend works", [node, works, lacks], 0],
    ["4 when none works", [node, lacks], 4],
    ["1 when something else is missing", [{ ...node, state: "missing" }, works], 1],
  ])("exits %s", async (_name, items, code) => {
    expect((await runCli(["doctor"], { console: fakeConsole({ doctor: async () => items }) })).code).toBe(code);
  });

  it("says what to do below what is missing", async () => {
    const { stdout } = await runCli(["doctor"], { console: fakeConsole({ doctor: async () => [node, lacks] }) });
    expect(stdout).toBe(
      "ok       Node            24\nmissing  backend docker  no daemon\n                         → install docker\n",
    );
  });
});
