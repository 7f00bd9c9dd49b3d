import { describe, expect, it } from "vitest";

import {
  bottleRow,
  decision,
  egressProposal,
  EMPTY_FLEET,
  fakeConsole,
  inboxItem,
  questionProposal,
} from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";
import { AvailableRow, ListRow, ProposalDetail, ProposalRow } from "#modes/json/schemas.ts";

const agent = {
  name: "reviewer",
  from: "root",
  bottle: "dev",
  provider: "command",
  backend: "local",
  problem: undefined,
};
const pending = inboxItem();
const decided = inboxItem({
  proposal: egressProposal({ id: "mfx12k3aa-a1b2c" }),
  decision: decision(),
  use: { count: 2, first_at: "2030-01-01T11:59:00.000Z", last_at: "2030-01-01T11:59:30.000Z" },
});
const expired = inboxItem({ proposal: questionProposal({ deadline: "2030-01-01T11:59:30.000Z" }) });
const fleet = { ...EMPTY_FLEET, bottles: [bottleRow({ pending: 1 })], inbox: [decided, pending, expired] };
const console = fakeConsole({
  snapshot: async () => fleet,
  agents: async () => [agent],
  history: async () => [
    inboxItem({
      proposal: egressProposal({ id: "mfx12k3a0-old00" }),
      decision: decision({ status: "rejected", notes: "no" }),
    }),
  ],
  proposal: async () => pending,
});

describe("list", () => {
  it("prints exactly the published fields", async () => {
    const rows: unknown[] = JSON.parse((await runCli(["list", "--json"], { console })).stdout);
    expect(Object.keys(rows[0] as object)).toEqual([
      "slug",
      "agent",
      "bottle",
      "provider",
      "backend",
      "host",
      "state",
      "since",
      "why",
      "authority",
      "confirmed_at",
      "started_at",
      "label",
      "pending",
      "alarms",
      "exit_code",
      "credential",
      "isolation",
    ]);
    expect(ListRow.parse(rows[0]).isolation).toEqual({
      mechanism: "bubblewrap",
      proved: true,
      proved_at: "2030-01-01T11:00:01.000Z",
      weaknesses: ["seccomp"],
    });
  });

  it("lists the agents that can be started, and both", async () => {
    const available: unknown[] = JSON.parse((await runCli(["list", "available", "--json"], { console })).stdout);
    expect(available.map((row) => AvailableRow.parse(row).agent)).toEqual(["reviewer"]);
    const all: unknown[] = JSON.parse((await runCli(["list", "all", "--json"], { console })).stdout);
    expect(all).toHaveLength(2);
  });

  it("prints a table for people", async () => {
    const { stdout } = await runCli(["list"], { console });
    expect(stdout.split("\n")[0]).toMatch(/^SLUG +STATE +FOR +INBOX +AGENT/);
    expect(stdout.split("\n")[1]).toMatch(
      /^reviewer-k3x9a +busy +5m +1 +reviewer +command +local +bubblewrap, 1 weak$/,
    );
  });

  it("says what to do when there is nothing", async () => {
    const { stdout } = await runCli(["list"], { console: fakeConsole({ snapshot: async () => EMPTY_FLEET }) });
    expect(stdout).toContain("bottle-dash demo");
  });

  it("warns of unreadable files on stderr alone", async () => {
    const problems = { "/root/state/x/metadata.json": "not JSON\u001b[2J" };
    const { code, stdout, stderr } = await runCli(["list", "--json"], {
      console: fakeConsole({ snapshot: async () => ({ ...EMPTY_FLEET, problems }) }),
    });
    expect([code, stdout]).toEqual([0, "[]\n"]);
    expect(stderr).toBe("bottle-dash: warning: /root/state/x/metadata.json: not JSON\n");
  });

  it("never lets an agent's words reach the terminal raw", async () => {
    const hostile = {
      ...EMPTY_FLEET,
      bottles: [bottleRow({ last_line: "\u001b]0;owned\u0007hi\u009b31m", label: "a\u202eb" })],
    };
    const setting = { console: fakeConsole({ snapshot: async () => hostile }), terminal: true };
    const { stdout } = await runCli(["list"], { ...setting, env: { NO_COLOR: "1" } });
    // oxlint-disable-next-line no-control-regex -- controls are exactly what is looked for
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    const json = (await runCli(["list", "--json"], setting)).stdout;
    // oxlint-disable-next-line no-control-regex -- the same for JSON, which the terminal also shows
    expect(json.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(JSON.parse(json)[0].label).toBe("a\u202eb");
  });
});

describe("proposals", () => {
  it("prints the pending ones with their fate", async () => {
    const rows: unknown[] = JSON.parse((await runCli(["proposals", "--json"], { console })).stdout);
    expect(rows.map((row) => ProposalRow.parse(row))).toMatchObject([
      { id: "mfx12k3ab-c4d5e", status: "pending", scope: null, applied: null, used: null },
    ]);
  });

  it("prints decided, expired and archived ones with --all, oldest first", async () => {
    const rows: unknown[] = JSON.parse((await runCli(["proposals", "--all", "--json"], { console })).stdout);
    expect(rows.map((row) => ProposalRow.parse(row)).map(({ id, status, used }) => [id, status, used?.count])).toEqual([
      ["mfx12k3a0-old00", "rejected", undefined],
      ["mfx12k3aa-a1b2c", "approved", 2],
      ["mfx12k3ab-c4d5e", "pending", undefined],
      ["mfx12k3ac-q4d5e", "expired", undefined],
    ]);
  });

  it("shows the rule of one first and the agent's words last", async () => {
    const { stdout } = await runCli(["proposals", "mfx12k3ab-c4d5e"], { console });
    expect(stdout).toMatch(/^warning +packages\.demo\.test is a name inside a network/m);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^host +packages\.demo\.test$/);
    expect(lines.slice(-2)).toEqual(["the agent says", "  I need the package"]);
  });

  it("prints one with its warnings as JSON", async () => {
    const row = ProposalDetail.parse(
      JSON.parse((await runCli(["proposals", "mfx12k3ab-c4d5e", "--json"], { console })).stdout),
    );
    expect(row.warnings.map(({ code }) => code)).toEqual(["internal-name", "any-path"]);
  });

  it("keeps to one bottle", async () => {
    expect((await runCli(["proposals", "--bottle", "other-00000", "--json"], { console })).stdout).toBe("[]\n");
  });

  it("says so when nothing waits", async () => {
    expect((await runCli(["proposals"], { console: fakeConsole({ snapshot: async () => EMPTY_FLEET }) })).stdout).toBe(
      "nothing waits for you\n",
    );
  });
});
