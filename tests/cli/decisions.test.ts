import { describe, expect, it, vi } from "vitest";

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Undo } from "#domain/proposal/decision.ts";
import {
  decision,
  egressProposal,
  EMPTY_FLEET,
  fakeConsole,
  inboxItem,
  questionProposal,
} from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";

const ID = "mfx12k3ab-c4d5e";
const { digest } = egressProposal();

function deciding(proposal = inboxItem()) {
  const approve = vi.fn<Console["approve"]>(async () => decision());
  const reject = vi.fn<Console["reject"]>(async (_id, { reason }) => decision({ status: "rejected", notes: reason }));
  return {
    approve,
    reject,
    console: fakeConsole({ proposal: async () => proposal, snapshot: async () => EMPTY_FLEET, approve, reject }),
  };
}

describe("approve", () => {
  it("is bound to the digest of what is there, and prints the decision with applied", async () => {
    const { approve, console } = deciding();
    const { code, stdout } = await runCli(["approve", ID, "--json"], { console });
    expect(approve).toHaveBeenCalledWith(ID, { digest, scope: "session" });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "approved",
      scope: "session",
      applied: { ok: true, policy_version: 2 },
    });
  });

  it("takes scope, expiry and notes", async () => {
    const { approve, console } = deciding();
    await runCli(["approve", ID, "--scope", "manifest", "--expires", "2h", "--notes", "fine"], { console });
    expect(approve).toHaveBeenCalledWith(ID, {
      digest,
      scope: "manifest",
      expiresAt: "2030-01-01T14:00:00.000Z",
      notes: "fine",
    });
  });

  it("sends the whole changed rule for --set", async () => {
    const { approve, console } = deciding();
    await runCli(
      [
        "approve",
        ID,
        "--set",
        "path_allowlist=/packages/left-pad,/x",
        "--set",
        "methods=get,head",
        "--set",
        "host=Mirror.Demo.test.",
      ],
      { console },
    );
    const payload = {
      host: "mirror.demo.test",
      methods: ["GET", "HEAD"],
      path_allowlist: ["/packages/left-pad", "/x"],
    };
    expect(approve).toHaveBeenCalledWith(ID, { digest, scope: "session", payload });
  });

  it.each([
    ["hots=x", '"hots" cannot be set (did you mean host?)'],
    ["host=https://x.test/", "--set: host: must be a name"],
    ["port=http", "port: "],
    ["path_allowlist=relative", "path_allowlist[0]: "],
    ["host=", "host: "],
    ["host", "--set is"],
  ])("refuses --set %s and decides nothing", async (text, message) => {
    const { approve, console } = deciding();
    const { code, stderr } = await runCli(["approve", ID, "--set", text], { console });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(approve).not.toHaveBeenCalled();
  });

  it("shows the rule and asks in a terminal, where Enter is no", async () => {
    const { approve, console } = deciding();
    const no = await runCli(["approve", ID], { console, terminal: true, input: "\r" });
    expect(no.code).toBe(130);
    expect(no.stderr).toContain("packages.demo.test is asked for the first time.");
    expect(no.stderr).toContain("nothing was decided");
    expect(approve).not.toHaveBeenCalled();
    expect((await runCli(["approve", ID], { console, terminal: true, input: "y\r" })).code).toBe(0);
    expect((await runCli(["approve", ID, "--yes"], { console, terminal: true })).code).toBe(0);
    expect(approve).toHaveBeenCalledTimes(2);
  });

  it("demands the answer to a question", async () => {
    const { approve, console } = deciding(inboxItem({ proposal: questionProposal() }));
    const { code, stderr } = await runCli(["approve", "mfx12k3ac-q4d5e"], { console });
    expect(code).toBe(2);
    expect(stderr).toBe("bottle-dash: the agent asked a question; answer it with --notes <text>\n");
    await runCli(["approve", "mfx12k3ac-q4d5e", "--notes", "second"], { console });
    expect(approve).toHaveBeenCalledWith("mfx12k3ac-q4d5e", { digest, scope: "session", notes: "second" });
  });

  it("exits 1 when it was decided and could not be applied", async () => {
    const { approve, console } = deciding();
    approve.mockResolvedValue(decision({ applied: { ok: false, detail: "the bottle is gone" } }));
    const { code, stdout } = await runCli(["approve", ID], { console });
    expect(code).toBe(1);
    expect(stdout).toContain("the bottle is gone");
  });

  it("names the first decider", async () => {
    const { approve, console } = deciding();
    approve.mockRejectedValue(new BottleError("conflict", "was approved by root@there (7) already"));
    expect(await runCli(["approve", ID], { console })).toMatchObject({
      code: 1,
      stderr: "bottle-dash: was approved by root@there (7) already\n",
    });
  });
});

describe("reject", () => {
  it("gives the agent the reason", async () => {
    const { reject, console } = deciding();
    const { code, stdout } = await runCli(["reject", ID, "--reason", "use the mirror", "--json"], { console });
    expect(reject).toHaveBeenCalledWith(ID, { digest, reason: "use the mirror" });
    expect([code, JSON.parse(stdout).notes]).toEqual([0, "use the mirror"]);
  });

  it("needs a reason, and asks for it in a terminal", async () => {
    const { reject, console } = deciding();
    expect((await runCli(["reject", ID], { console })).code).toBe(2);
    expect((await runCli(["reject", ID, "--reason", "  "], { console })).code).toBe(2);
    expect(reject).not.toHaveBeenCalled();
    await runCli(["reject", ID], { console, terminal: true, input: "too wide\r" });
    expect(reject).toHaveBeenCalledWith(ID, { digest, reason: "too wide" });
  });
});

describe("undo", () => {
  it("prints what became of it", async () => {
    const undone: Undo = {
      version: 1,
      id: ID,
      digest,
      notes: "",
      decided_by: "root@here (1)",
      decided_at: "2030-01-01T12:00:00.000Z",
      applied: { ok: true, detail: "the route is gone" },
    };
    const undo = vi.fn<Console["undo"]>(async () => undone);
    const { code, stdout } = await runCli(["undo", ID, "--notes", "mistake"], { console: fakeConsole({ undo }) });
    expect(undo).toHaveBeenCalledWith(ID, "mistake");
    expect([code, stdout]).toEqual([0, "undone   by root@here (1), now\napplied  the route is gone\n"]);
  });
});
