import { describe, expect, it } from "vitest";

import { BottleError } from "#domain/bottle-error.ts";
import { bottleRow, EMPTY_FLEET, fakeConsole, inboxItem } from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";

const empty = fakeConsole({ snapshot: async () => EMPTY_FLEET });

describe("the command line", () => {
  it.each([["--help"], ["-h"], ["help"]])("prints the general help for %s", async (flag) => {
    const { code, stdout, stderr } = await runCli([flag]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^bottle-dash: the operator's console/);
  });

  it.each([[["start", "--help"]], [["help", "start"]], [["--help", "start"]], [["start", "-h", "--nonsense"]]])(
    "prints a command's help for %j",
    async (argv) => {
      const { code, stdout } = await runCli(argv);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^bottle-dash start: .*\n\nUsage: bottle-dash start <agent> \[options\]/);
    },
  );

  it.each([["--version"], ["-V"]])("prints the version for %s", async (flag) => {
    expect((await runCli([flag])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("names the nearest command", async () => {
    const { code, stdout, stderr } = await runCli(["aprove", "x"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      'bottle-dash: there is no command "aprove" (did you mean approve?); see `bottle-dash --help`\n',
    );
  });

  it("refuses an unknown option without a command", async () => {
    const { code, stderr } = await runCli(["--jsno"]);
    expect(code).toBe(2);
    expect(stderr).toBe("bottle-dash: there is no option --jsno (did you mean --json?); see `bottle-dash --help`\n");
  });

  it("takes global options before the command", async () => {
    expect((await runCli(["--json", "list"], { console: empty })).stdout).toBe("[]\n");
  });

  it("prints one line for an error, and the stack with --debug", async () => {
    const console = fakeConsole({
      snapshot: async () => {
        throw new BottleError("unavailable", "nothing works", { hint: "install something" });
      },
    });
    const short = await runCli(["list"], { console });
    expect(short).toEqual({ code: 4, stdout: "", stderr: "bottle-dash: nothing works; install something\n" });
    expect((await runCli(["list", "--debug"], { console })).stderr).toMatch(
      /^bottle-dash: nothing works.*\nBottleError: [^]*at /,
    );
  });
});

describe("without a command", () => {
  it("opens the dashboard in a terminal", async () => {
    const opened: unknown[] = [];
    const { code } = await runCli([], {
      terminal: true,
      openDashboard: async (options) => (opened.push(options), 130),
    });
    expect([code, opened]).toEqual([130, [{}]]);
  });

  it("reports once in a pipe and in a dumb terminal", async () => {
    const fleet = { ...EMPTY_FLEET, bottles: [bottleRow()], inbox: [inboxItem()] };
    const console = fakeConsole({ snapshot: async () => fleet });
    const piped = await runCli([], { console });
    const dumb = await runCli([], { console, terminal: true, env: { TERM: "dumb" } });
    for (const { code, stdout } of [piped, dumb]) {
      expect(code).toBe(0);
      expect(stdout).toContain("reviewer-k3x9a");
      expect(stdout).toContain("mfx12k3ab-c4d5e");
      expect(stdout).not.toContain("\u001b");
    }
  });

  it("reports as JSON", async () => {
    expect(JSON.parse((await runCli(["--json"], { console: empty })).stdout)).toEqual({ bottles: [], proposals: [] });
  });
});
