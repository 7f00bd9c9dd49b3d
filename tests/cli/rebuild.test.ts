// A proposed Dockerfile on the command line: what is shown before, while and after it is built.

import { describe, expect, it, vi } from "vitest";

import type { Console } from "#contracts/console.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { runCli } from "#tests/helpers/command-line.ts";
import { decision, egressProposal, EMPTY_FLEET, fakeConsole, inboxItem } from "#tests/helpers/fake-console.ts";

const BEFORE = "FROM node:24-slim\nUSER node\n";
const PROPOSED = "FROM node:24-slim\nRUN apt-get install -y jq\nUSER node\n";
const { payload: _rule, ...common } = egressProposal();
const item: InboxItem = inboxItem({
  proposal: { ...common, kind: "capability-block", payload: { dockerfile: PROPOSED } },
});
const { id } = item.proposal;

function building(over: Partial<Console> = {}, ok = true) {
  const approve = vi.fn<Console["approve"]>(async (_id, _options, progress) => {
    progress?.({ type: "step", step: "build the images", state: "started" });
    progress?.({ type: "output", step: "build the images", text: "Step 1/3 : FROM node\u001b[2J" });
    progress?.({ type: "step", step: "build the images", state: "done" });
    return decision({ applied: { ok, detail: ok ? "live: made anew" : "failed: no network" } });
  });
  const console = fakeConsole({
    proposal: async () => item,
    dockerfile: async () => BEFORE,
    snapshot: async () => EMPTY_FLEET,
    approve,
    ...over,
  });
  return { approve, console };
}

describe("a proposed Dockerfile", () => {
  it("is shown as what changes, with its warnings", async () => {
    const { stdout } = await runCli(["proposals", id], building());
    expect(stdout).toContain("a Dockerfile from node:24-slim with 1 RUN line");
    expect(stdout).toContain("what changes in the Dockerfile\n  + RUN apt-get install -y jq\n");
    expect(stdout).toContain("no firewall is between");
    expect(stdout).not.toContain("+ FROM");
  });

  it("is shown whole where nothing is known of before", async () => {
    const { stdout } = await runCli(["proposals", id], building({ dockerfile: () => Promise.reject(new Error("no")) }));
    expect(stdout).toContain("the Dockerfile\n  + FROM node:24-slim\n  + RUN apt-get install -y jq\n");
  });

  it("is asked about in a terminal, against what is there", async () => {
    const { approve, console } = building();
    const { stderr, code } = await runCli(["approve", id], { console, terminal: true, input: "y\r" });
    expect([code, approve.mock.calls.length]).toEqual([0, 1]);
    expect(stderr).toContain("+ RUN apt-get install -y jq");
  });

  it("shows the steps of its build on stderr, and what became of it on stdout", async () => {
    const { code, stdout, stderr } = await runCli(["approve", id], building());
    expect(code).toBe(0);
    expect(stderr).toBe("  build the images …\n    Step 1/3 : FROM node\n  build the images: done\n");
    expect(stdout).toContain("live: made anew");
  });

  it("is quiet with --json, and exits 1 when it was not built", async () => {
    const { code, stdout, stderr } = await runCli(["approve", id, "--json"], building({}, false));
    expect([code, stderr]).toEqual([1, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ applied: { ok: false, detail: "failed: no network" } });
  });

  it("is given up with Ctrl-C, and says what became of it", async () => {
    const interrupting = new AbortController();
    const closed = vi.fn<Console["close"]>(async () => {});
    const { console } = building({
      close: closed,
      approve: async () => {
        interrupting.abort();
        return decision({ applied: { ok: false, detail: "whoever approved it left before it was done" } });
      },
    });
    const { code, stdout } = await runCli(["approve", id], { console, signal: interrupting.signal });
    expect(closed).toHaveBeenCalledOnce();
    expect([code, stdout.includes("left before it was done")]).toEqual([130, true]);
  });

  it("is changed in the editor, not with --set", async () => {
    const { code, stderr } = await runCli(["approve", id, "--set", "host=x"], building());
    expect(code).toBe(2);
    expect(stderr).toContain("change the file with `bottle-dash edit`");
  });
});
