// `egress` beyond the table: edit, learn, requests, test with headers, pipelock.

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Console } from "#contracts/console.ts";
import { type EgressRequest, type EgressSeen, type EgressStatus, NO_TRAFFIC } from "#domain/egress/control.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { runCli } from "#tests/helpers/command-line.ts";
import { fakeConsole } from "#tests/helpers/fake-console.ts";

const SLUG = "reviewer-k3x9a";
const AT = "2030-01-01T11:59:00.000Z";

const status: EgressStatus = {
  version: 3,
  table_digest: "x",
  table: {
    version: 1,
    on_unknown_host: "block",
    hold_seconds: 120,
    hosts: {},
    budget: { bytes_per_day: 2 ** 30 },
    dlp_exceptions: [{ decision: "mfx12k3ab-c4d5e", host: "api.test", rule: "jwt" }],
    routes: [
      { host: "api.test", limits: { requests_per_minute: 60 }, dlp: { outbound_on_match: "block" } },
      { host: "mine.test", added: "operator" },
    ],
  },
  counters: { ...NO_TRAFFIC, allowed: 4, blocked: 2, outbound_findings: 1, redacted: 1, bytes_up: 2048 },
  recent: [],
};

function request(over: Partial<EgressRequest> = {}): EgressRequest {
  return {
    id: 1,
    at: AT,
    verdict: "allow",
    method: "GET",
    scheme: "https",
    protocol: "h2",
    host: "api.test",
    port: 443,
    path: "/",
    status: 200,
    bytes_up: 0,
    bytes_down: 0,
    ms: 1,
    rule: "api.test",
    ...over,
  };
}

describe("egress show", () => {
  it("says what a route checks, whose it is, what may pass, and what was found", async () => {
    const found = request({
      verdict: "block",
      status: 403,
      findings: [{ rule: "github-pat", direction: "outbound", where: "body", action: "blocked" }],
    });
    const console = fakeConsole({ egress: { status: async () => ({ ...status, recent: [found] }) } });
    const { stdout } = await runCli(["egress", SLUG], { console });
    expect(stdout).toMatch(/api\.test .* definition +secrets are refused, 60 requests a minute/);
    expect(stdout).toMatch(/mine\.test .* operator/);
    expect(stdout).toContain("every value of jwt may go to api.test (decision mfx12k3ab-c4d5e)");
    expect(stdout).toContain("the bottle may use 1GiB a day");
    expect(stdout).toContain("4 allowed, 2 blocked, 0 held, 1 redacted, 0 open; 2KiB up");
    expect(stdout).toContain("findings: 1 in what was sent, 0 in answers\n");
    expect(stdout).toContain("[github-pat blocked in body]");
  });
});

it("egress show names the operator's variable, not the proxy's slot, where the definition tells it", async () => {
  const auth = { scheme: "Bearer", slot: "EGRESS_TOKEN_0" };
  const table = { ...status.table, routes: [{ host: "api.test", auth }] };
  const shown = async (credentials: Console["egress"]["credentials"]): Promise<string> =>
    (
      await runCli(["egress", SLUG], {
        console: fakeConsole({ egress: { status: async () => ({ ...status, table }), credentials } }),
      })
    ).stdout;
  expect(await shown(async () => ({ EGRESS_TOKEN_0: "ACME_PAT" }))).toContain("Bearer ACME_PAT");
  expect(await shown(() => Promise.reject(new Error("the definition is gone")))).toContain("Bearer EGRESS_TOKEN_0");
});

describe("egress show, with limits", () => {
  const usage: EgressStatus["usage"] = [
    { limit: "bytes_per_day", used: 2 ** 20, most: 2 ** 30 },
    { route: "api.test:443 any method any path", limit: "requests_per_minute", used: 60, most: 60 },
    { route: "b.test:443 any method any path", limit: "bytes_per_day", used: null, most: 1024 },
  ];
  const console = fakeConsole({ egress: { status: async () => ({ ...status, usage }) } });

  it("says what is used of each, and where nothing is left", async () => {
    const { stdout } = await runCli(["egress", SLUG], { console });
    expect(stdout).toContain("the bottle: 1MiB of 1GiB today\n");
    expect(stdout).toContain(
      "api.test:443 any method any path: 60 of 60 requests in the last minute, nothing is left\n",
    );
    expect(stdout).toContain("b.test:443 any method any path: an unknown part of 1KiB today, nothing is left\n");
  });

  it("has the numbers as JSON", async () => {
    const { stdout } = await runCli(["egress", SLUG, "--json"], { console });
    expect(JSON.parse(stdout)).toMatchObject({ usage });
  });
});

describe("egress test", () => {
  const test = vi.fn<Console["egress"]["test"]>(async () => ({
    verdict: "allow",
    rule: "api.test",
    reason: "api.test is on the allowlist",
    steps: [
      { step: "parse", state: "ok", detail: "GET api.test:443/" },
      { step: "limits", state: "note", detail: "60 a minute, 59 left" },
    ],
  }));
  const console = fakeConsole({ egress: { test } });

  it("shows each step, and asks with the headers that are given", async () => {
    const { stdout } = await runCli(["egress", SLUG, "test", "wss://api.test/x", "--header", "X-A: b: c"], { console });
    expect(test).toHaveBeenCalledWith(SLUG, "wss://api.test/x", "GET", { "X-A": "b: c" });
    expect(stdout).toBe(
      "allow: api.test is on the allowlist (api.test)\n  parse   ok    GET api.test:443/\n  limits  note  60 a minute, 59 left\n",
    );
  });

  it.each([["ftp://x"], ["api.test"], ["https://"]])("refuses %s", async (url) => {
    expect((await runCli(["egress", SLUG, "test", url], { console })).code).toBe(2);
  });

  it("refuses what is no header", async () => {
    const { code, stderr } = await runCli(["egress", SLUG, "test", "https://x.test", "--header", "no"], { console });
    expect([code, stderr]).toEqual([2, expect.stringContaining("write --header 'Name: value'")]);
  });
});

describe("egress requests", () => {
  const console = fakeConsole({
    egress: {
      status: async () => ({
        ...status,
        recent: [request({ id: 1, at: "2030-01-01T10:00:00.000Z" }), request({ id: 2 })],
      }),
      requests: async (_slug, show) => {
        show(request({ id: 3, verdict: "hold", status: 0, open: true }));
        show(request({ id: 4, verdict: "block", host: "a.evil.test", status: 403 }));
        show(request({ id: 5, protocol: "tcp", port: 22, path: "", rule: "raw" }));
      },
    },
  });
  const ids = async (...argv: string[]): Promise<number[]> => {
    const { stdout } = await runCli(["egress", SLUG, "requests", "--json", ...argv], { console });
    return stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as EgressRequest).id);
  };

  it("are filtered by host and verdict, and begin with recent ones where that is asked for", async () => {
    expect(await ids()).toEqual([3, 4, 5]);
    expect(await ids("--verdict", "block")).toEqual([4]);
    expect(await ids("--host", "*.evil.test")).toEqual([4]);
    expect(await ids("--since", "10m")).toEqual([2]);
    expect(await ids("--since", "10m", "--follow")).toEqual([2, 3, 4, 5]);
  });

  it("are told apart while they last, and as what they are", async () => {
    const { stdout } = await runCli(["egress", SLUG, "requests"], { console });
    expect(stdout).toContain("hold   ... GET https://api.test/ ");
    expect(stdout).toContain("tcp://api.test:22 (raw)");
  });
});

describe("egress learn", () => {
  const seen: EgressSeen = {
    since: "2030-01-01T10:00:00.000Z",
    requests: [
      { ...asked("api.test", "/v1/"), count: 9, allowed: 9 },
      { ...asked("evil.test", "/\u001b[31m"), count: 1, allowed: 0 },
    ],
    left_out: 0,
  };
  function asked(host: string, path: string) {
    return { scheme: "https", host, port: 443, method: "GET", path, last_seen: AT } as const;
  }
  const add = vi.fn<Console["egress"]["add"]>(async () => status);
  const console = fakeConsole({ egress: { seen: async () => seen, status: async () => status, add } });

  it("prints YAML that opens nothing but what was allowed", async () => {
    const { stdout } = await runCli(["egress", SLUG, "learn"], { console });
    expect(stdout).toContain("    # 9 requests, last 1m ago; narrower than what is there\n    - host: api.test\n");
    expect(stdout).toContain("    # - host: evil.test\n");
    expect(stdout).toContain("# Nothing that was seen needed these rules:\n#   mine.test");
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it("leaves out what was seen before --since", async () => {
    const { stdout } = await runCli(["egress", SLUG, "learn", "--since", "10s"], { console });
    expect(stdout).toContain("routes: []");
  });

  it("adds what was refused only after a yes", async () => {
    const asking = await runCli(["egress", SLUG, "learn", "--apply"], { console });
    expect([asking.code, add.mock.calls]).toEqual([2, []]);
    const { code, stderr } = await runCli(["egress", SLUG, "learn", "--apply", "--yes"], { console });
    expect([code, stderr]).toEqual([0, expect.stringContaining("would add https://evil.test GET /\n")]);
    expect(add).toHaveBeenCalledTimes(1);
  });
});

describe("egress pipelock", () => {
  it("prints the table that is in force for the other proxy", async () => {
    const { stdout } = await runCli(["egress", SLUG, "pipelock"], {
      console: fakeConsole({ root: "/root/.bot-bottle", egress: { status: async () => status } }),
    });
    expect(stdout).toContain("api_allowlist:\n  - api.test\n  - mine.test\n");
    expect(stdout).toContain(`ca_cert: /root/.bot-bottle/state/${SLUG}/tls/inside/ca.pem`);
  });
});

describe("egress edit", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bottle-dash-test-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const text = renderRouteTable(status.table);
  async function edited(script: string) {
    const editor = join(folder, "editor");
    await writeFile(editor, `#!/bin/sh\n${script}\n`);
    await chmod(editor, 0o755);
    const editTable = vi.fn<Console["egress"]["editTable"]>(async () => status);
    const console = fakeConsole({
      root: folder,
      egress: { tableText: async () => ({ text, digest: "d1" }), editTable },
    });
    return {
      editTable,
      ...(await runCli(["egress", SLUG, "edit"], { console, env: { EDITOR: editor, PATH: "/bin:/usr/bin" } })),
    };
  }

  it("puts what was saved in force, if the table is still the one that was opened", async () => {
    const { code, editTable } = await edited(`printf '  - host: more.test\\n' >> "$1"`);
    expect(code).toBe(0);
    const [slug, saved = "", base] = editTable.mock.calls[0] ?? [];
    expect([slug, base]).toEqual([SLUG, "d1"]);
    expect(parseRouteTable(saved).routes.at(-1)).toEqual({ host: "more.test" });
  });

  it("names the line of what cannot be read, and changes nothing", async () => {
    const { code, stderr, editTable } = await edited(`printf '  - host: 10.0.0.1\\n' >> "$1"`);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/routes\.yaml:\d+: `routes\[2\]\.host` is an address/)]);
    expect(editTable).not.toHaveBeenCalled();
  });

  it("does nothing when it was left as it was", async () => {
    const { code, editTable } = await edited(":");
    expect([code, editTable.mock.calls]).toEqual([130, []]);
  });
});
