import { spawnSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { bottleRow, EMPTY_FLEET, fakeConsole } from "#tests/helpers/fake-console.ts";
import { runCli } from "#tests/helpers/command-line.ts";

/** What bash offers for the last of `words`; a stub stands for bottle-dash itself. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout } = await runCli(["completion", "bash"]);
  const line = words.map((word) => `'${word}'`).join(" ");
  const script = `bottle-dash() { [[ "$1 $2" == "completion words" ]] && echo "$3-1 $3-2"; }
${stdout}
COMP_WORDS=(bottle-dash ${line}); COMP_CWORD=${words.length}; _bottle_dash; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout: text, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return text.split("\n").filter((word) => word !== "");
}

describe("the completion of bash", () => {
  it("offers commands", async () => {
    expect(await offered("st")).toEqual(["start", "stop"]);
  });

  it("offers options, their choices and what is there", async () => {
    expect(await offered("approve", "--s")).toEqual(["--scope", "--set"]);
    expect(await offered("approve", "--scope", "")).toEqual(["once", "session", "manifest"]);
    expect(await offered("logs", "--source", "e")).toEqual(["egress"]);
    expect(await offered("approve", "")).toEqual(["proposal-1", "proposal-2"]);
    expect(await offered("proposals", "--bottle", "")).toEqual(["slug-1", "slug-2"]);
  });

  it("counts arguments past options and their values", async () => {
    expect(await offered("egress", "--port", "80", "a-11111", "")).toEqual([
      "show",
      "add",
      "remove",
      "edit",
      "test",
      "learn",
      "requests",
      "pipelock",
    ]);
    expect(await offered("stop", "a-1", "b-2", "")).toEqual(["slug-1", "slug-2"]);
    expect(await offered("list", "a")).toEqual(["active", "available", "all"]);
  });
});

describe("completion", () => {
  it.each(["zsh", "fish"])("has every command for %s", async (shell) => {
    const { code, stdout } = await runCli(["completion", shell]);
    expect(code).toBe(0);
    for (const command of ["start", "crash-logs", "completion"]) expect(stdout).toContain(command);
  });

  it("lists what there is", async () => {
    const console = fakeConsole({ snapshot: async () => ({ ...EMPTY_FLEET, bottles: [bottleRow()] }) });
    expect((await runCli(["completion", "words", "slug"], { console })).stdout).toBe("reviewer-k3x9a\n");
    expect((await runCli(["completion", "words", "nonsense"], { console })).stdout).toBe("");
  });
});
