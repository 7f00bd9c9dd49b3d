import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, vi } from "vitest";

import type { AgentEnd, Console, Preflight } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { PreflightRow, TaskEnd } from "#modes/json/schemas.ts";
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

describe("start with a task", () => {
  const ended = { reason: "exited", exit_code: 0, signal: null, message: "All done:\ntwo files.", cut: false } as const;

  function working(end: Partial<AgentEnd> = {}) {
    const { preflight, launch } = starting();
    const logs = vi.fn<Console["logs"]>(async (_slug, { tail }, line) => {
      for (const text of ["boom", " ", `the last of ${tail}`]) line({ at: "", source: "agent", text });
    });
    const waits = vi.fn<Console["end"]>(async () => ({ ...ended, ...end }));
    return { preflight, waits, console: fakeConsole({ preflight, launch, logs, end: waits }) };
  }

  it("waits for the end, and prints what the agent said last alone on stdout", async () => {
    const { preflight, console } = working();
    const { code, stdout, stderr } = await runCli(["start", "reviewer", "--yes", "--prompt", "count"], { console });
    expect([code, stdout]).toEqual([0, "All done:\ntwo files.\n"]);
    expect(stderr).toContain("reviewer-k3x9a is at work");
    expect(preflight).toHaveBeenCalledWith({ agent: "reviewer", prompt: "count" });
  });

  it("prints one object with --json, of its published schema", async () => {
    const { console } = working();
    const { code, stdout, stderr } = await runCli(["start", "reviewer", "--yes", "--json", "-p", "count"], { console });
    expect([code, stderr]).toEqual([0, ""]);
    expect(TaskEnd.parse(JSON.parse(stdout))).toEqual({ slug: "reviewer-k3x9a", ...ended });
  });

  it("fails when the agent did, with its last lines and where more is", async () => {
    const { console } = working({ exit_code: 7, message: null });
    const { code, stdout, stderr } = await runCli(["start", "reviewer", "--yes", "-p", "count"], { console });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("  boom\n  the last of 20\n");
    expect(stderr).toContain("the agent of reviewer-k3x9a failed: it exited with 7");
    expect(stderr).toContain("bottle-dash crash-logs reviewer-k3x9a");
  });

  it.each([
    [{ exit_code: null, signal: "SIGSEGV" }, "failed: SIGSEGV ended it"],
    [{ reason: "stopped", exit_code: null } as const, "was stopped before it was done"],
    [{ reason: "lost", exit_code: null } as const, "is gone, and nobody saw how it ended"],
  ])("fails when it ended otherwise: %j", async (end, words) => {
    const { console } = working(end);
    const { code, stderr } = await runCli(["start", "reviewer", "--yes", "--json", "-p", "count"], { console });
    expect(code).toBe(1);
    expect(stderr).toContain(words);
  });

  it("does not wait with --detach", async () => {
    const { waits, console } = working();
    const detached = ["start", "reviewer", "--yes", "--detach", "-p", "count"];
    expect((await runCli(detached, { console })).stdout).toBe("reviewer-k3x9a\n");
    expect((await runCli([...detached, "--json"], { console })).stdout).toBe('{"slug":"reviewer-k3x9a"}\n');
    expect(waits).not.toHaveBeenCalled();
  });

  it("leaves the agent at work when it is interrupted, and says so", async () => {
    const interruption = new AbortController();
    const { preflight, launch } = starting();
    const end: Console["end"] = (_slug, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        interruption.abort();
      });
    const console = fakeConsole({ preflight, launch, end });
    const setting = { console, signal: interruption.signal };
    const { code, stdout, stderr } = await runCli(["start", "reviewer", "--yes", "-p", "count"], setting);
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toContain("the agent goes on");
  });

  it("reads the task from a file, or from standard input", async () => {
    const folder = await mkdtemp(join(tmpdir(), "start-test-"));
    try {
      const path = join(folder, "task.md");
      await writeFile(path, "from a file");
      const { preflight, console } = working();
      await runCli(["start", "reviewer", "--yes", "--prompt-file", path], { console });
      expect(preflight).toHaveBeenLastCalledWith({ agent: "reviewer", prompt: "from a file" });
      await runCli(["start", "reviewer", "--yes", "--prompt-file", "-"], { console, input: "from a pipe" });
      expect(preflight).toHaveBeenLastCalledWith({ agent: "reviewer", prompt: "from a pipe" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    [["--prompt", "a", "--prompt-file", "b"], /two tasks/],
    [["--prompt-file", "-", "--answers-stdin"], /both read standard input/],
    [["--prompt-file", "/nowhere/task.md"], /the task cannot be read.*ENOENT/],
  ])("refuses %j before anything is asked", async (options, why) => {
    const { preflight, console } = working();
    const { code, stderr } = await runCli(["start", "reviewer", "--yes", ...options], { console });
    expect(code).toBe(2);
    expect(stderr).toMatch(why);
    expect(preflight).not.toHaveBeenCalled();
  });
});
