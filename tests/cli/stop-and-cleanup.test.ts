import { describe, expect, it, vi } from "vitest";

import type { CleanupItem, Console } from "#contracts/console.ts";
import { bottleRow, EMPTY_FLEET, fakeConsole } from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";

const fleet = { ...EMPTY_FLEET, bottles: [bottleRow({ slug: "a-11111" }), bottleRow({ slug: "b-22222" })] };

describe("stop", () => {
  const stop = vi.fn<Console["stop"]>(async () => {});
  const console = fakeConsole({ snapshot: async () => fleet, stop });

  it("stops all that are named", async () => {
    const { code, stdout } = await runCli(["stop", "a-11111", "b-22222", "--json"], { console });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      [
        { slug: "a-11111", stopped: true },
        { slug: "b-22222", stopped: true },
      ],
    ]);
    expect(stop.mock.calls.map(([slug]) => slug)).toEqual(["a-11111", "b-22222"]);
  });

  it("stops none when one of them is not there", async () => {
    stop.mockClear();
    const { code, stderr } = await runCli(["stop", "a-11111", "a-11112"], { console });
    expect(code).toBe(1);
    expect(stderr).toBe('bottle-dash: there is no bottle "a-11112" (did you mean a-11111?); see `bottle-dash list`\n');
    expect(stop).not.toHaveBeenCalled();
  });

  it("shows what ends and asks in a terminal", async () => {
    stop.mockClear();
    const { code, stderr } = await runCli(["stop", "a-11111"], { console, terminal: true, input: "n\r" });
    expect(code).toBe(130);
    expect(stderr).toContain("a-11111: its agent and its sidecars end; its home, logs and proposals stay");
    expect(stop).not.toHaveBeenCalled();
  });

  it("needs a slug", async () => {
    expect((await runCli(["stop"], { console })).stderr).toContain("<slug> is missing");
  });
});

describe("cleanup", () => {
  const plan: CleanupItem[] = [
    { slug: "a-11111", remove: true, detail: "its home, logs and queue" },
    { slug: "b-22222", remove: false, detail: "1 unread proposal; --force removes it all the same" },
  ];
  const cleanupPlan = vi.fn<Console["cleanupPlan"]>(async () => plan);
  const cleanup = vi.fn<Console["cleanup"]>(async () => {});
  const console = fakeConsole({ cleanupPlan, cleanup });

  it("shows what would be removed with --dry-run", async () => {
    const { stdout } = await runCli(["cleanup", "--dry-run", "--force"], { console });
    expect(stdout).toMatch(/^SLUG +WHAT\na-11111 +remove +its home.*\nb-22222 +keep +1 unread/);
    expect(cleanupPlan).toHaveBeenCalledWith([], true);
    expect(cleanup).not.toHaveBeenCalled();
  });

  it("removes nothing unasked", async () => {
    const { code, stderr } = await runCli(["cleanup"], { console });
    expect(code).toBe(2);
    expect(stderr).toMatch(/a-11111 +remove[^]*pass --yes/);
    expect(cleanup).not.toHaveBeenCalled();
  });

  it("removes only what may be removed, and exits 1 when one that was named is kept", async () => {
    const { code, stdout } = await runCli(["cleanup", "a-11111", "b-22222", "--yes", "--json"], { console });
    expect(cleanup).toHaveBeenCalledWith([plan[0]]);
    expect([code, JSON.parse(stdout)]).toEqual([1, plan]);
  });

  it("has nothing to ask when there is nothing to remove", async () => {
    const nothing = fakeConsole({ cleanupPlan: async () => [] });
    expect(await runCli(["cleanup"], { console: nothing })).toEqual({
      code: 0,
      stdout: "there is nothing to clean up\n",
      stderr: "",
    });
  });
});
