import { describe, expect, it, vi } from "vitest";

import type { Console, Preflight } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { PreflightRow } from "#modes/json/schemas.ts";
import { fakeConsole } from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";

function starting(questions: Preflight["questions"] = []) {
  const preflight = vi.fn<Console["preflight"]>(async (request) => ({
    request,
    slug: "reviewer-k3x9a",
    lines: [{ label: "backend", text: "local (bubblewrap)" }],
    questions: questions.filter(({ name }) => request.answers?.[name] === undefined),
    warnings: ["no seccomp"],
  }));
  const launch = vi.fn<Console["launch"]>(async (_preflight, progress) => {
    progress({ type: "step", step: "sandbox", state: "started" });
    progress({ type: "output", step: "sandbox", text: "chatter" });
    progress({ type: "step", step: "sandbox", state: "done" });
    return "reviewer-k3x9a";
  });
  return { preflight, launch, console: fakeConsole({ preflight, launch }) };
}

describe("start", () => {
  it("launches with --yes and prints the slug alone on stdout", async () => {
    const { preflight, console } = starting();
    const { code, stdout, stderr } = await runCli(
      ["start", "reviewer", "--yes", "--label", "auth", "--color", "red", "--backend", "local", "--cwd"],
      { console, cwd: "/project" },
    );
    expect([code, stdout]).toEqual([0, "reviewer-k3x9a\n"]);
    expect(stderr).toBe("slug     reviewer-k3x9a\nbackend  local (bubblewrap)\nwarning: no seccomp\n  sandbox: done\n");
    expect(preflight).toHaveBeenCalledWith({
      agent: "reviewer",
      backend: "local",
      label: "auth",
      color: "red",
      copyCwd: "/project",
    });
  });

  it("prints {slug} and is otherwise quiet with --json", async () => {
    expect(await runCli(["start", "reviewer", "--yes", "--json", "--detach"], starting())).toEqual({
      code: 0,
      stdout: '{"slug":"reviewer-k3x9a"}\n',
      stderr: "",
    });
  });

  it("launches nothing without a terminal and without --yes", async () => {
    const { launch, console } = starting();
    const { code, stderr } = await runCli(["start", "reviewer"], { console });
    expect(code).toBe(2);
    expect(stderr).toContain("pass --yes");
    expect(launch).not.toHaveBeenCalled();
  });

  it("launches nothing when the answer is not yes", async () => {
    const { launch, console } = starting();
    expect((await runCli(["start", "reviewer", "--detach"], { console, terminal: true, input: "\r" })).code).toBe(130);
    expect(launch).not.toHaveBeenCalled();
    expect((await runCli(["start", "reviewer", "--detach"], { console, terminal: true, input: "yes\r" })).code).toBe(0);
  });

  it("stops after the preflight with --dry-run", async () => {
    const { launch, console } = starting([{ name: "PASSWORD", prompt: "Password" }]);
    const { stdout } = await runCli(["start", "reviewer", "--dry-run"], { console });
    expect(stdout).toBe("backend   local (bubblewrap)\nasks for  PASSWORD (Password)\nwarning: no seccomp\n");
    const json = await runCli(["start", "reviewer", "-n", "--json"], { console });
    expect(PreflightRow.parse(JSON.parse(json.stdout))).toMatchObject({
      agent: "reviewer",
      questions: [{ name: "PASSWORD" }],
    });
    expect(launch).not.toHaveBeenCalled();
  });

  it("asks for secrets without showing them", async () => {
    const { launch, console } = starting([{ name: "PASSWORD", prompt: "Password" }]);
    const { code, stdout, stderr } = await runCli(["start", "reviewer", "--yes", "--detach"], {
      console,
      terminal: true,
      input: "hunter2\r",
    });
    expect(code).toBe(0);
    expect(launch.mock.calls[0]?.[0].request.answers).toEqual({ PASSWORD: "hunter2" });
    expect(stdout + stderr).not.toContain("hunter2");
  });

  it("reads the answers from stdin where there is no terminal", async () => {
    const { launch, console } = starting([{ name: "PASSWORD", prompt: "Password" }]);
    expect((await runCli(["start", "reviewer", "--yes"], { console })).stderr).toContain("--answers-stdin");
    const { code } = await runCli(["start", "reviewer", "--yes", "--answers-stdin"], {
      console,
      input: '{"PASSWORD":"hunter2"}',
    });
    expect([code, launch.mock.calls[0]?.[0].request.answers]).toEqual([0, { PASSWORD: "hunter2" }]);
  });

  it.each(["", "[]", '{"A":1}', "nonsense hunter2"])("refuses %j as answers without repeating it", async (input) => {
    const { code, stderr } = await runCli(["start", "reviewer", "--yes", "--answers-stdin"], { ...starting(), input });
    expect(code).toBe(2);
    expect(stderr).toContain("JSON object");
    expect(stderr).not.toContain("hunter2");
  });

  it("exits 4 when no backend can do it, and 130 when it was interrupted", async () => {
    const { launch, console } = starting();
    launch.mockRejectedValueOnce(new BottleError("unavailable", "no backend", { hint: "run `bottle-dash doctor`" }));
    expect((await runCli(["start", "reviewer", "--yes"], { console })).code).toBe(4);
    launch.mockRejectedValueOnce(new BottleError("failed", "was interrupted", { where: "launch" }));
    expect(
      await runCli(["start", "reviewer", "--yes", "--json"], { console, signal: AbortSignal.abort() }),
    ).toMatchObject({ code: 130, stderr: "bottle-dash: launch: was interrupted\n" });
  });
});

describe("attach", () => {
  it("refuses without a terminal and says what to do instead", async () => {
    const { code, stdout, stderr } = await runCli(["attach", "reviewer-k3x9a"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      "bottle-dash: there is no terminal on standard input and output to hand over; run it in a terminal, or read along with `bottle-dash logs reviewer-k3x9a -f`\n",
    );
  });
});

describe("resume", () => {
  it("prints the slug once the agent runs again", async () => {
    const resume = vi.fn<Console["resume"]>(async () => {});
    expect(await runCli(["resume", "reviewer-k3x9a"], { console: fakeConsole({ resume }) })).toMatchObject({
      code: 0,
      stdout: "reviewer-k3x9a\n",
    });
    expect(resume.mock.calls[0]?.[0]).toBe("reviewer-k3x9a");
  });
});
