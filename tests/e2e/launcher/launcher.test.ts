import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { requirement } from "#tests/helpers/require.ts";

const program = join(import.meta.dirname, "..", "..", "..", "dist", "bottle-dash.js");

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "bottle-launcher-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function version(
  env: Record<string, string>,
  node = process.execPath,
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(node, [program, "--version"], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("compiled code", () => {
  const kept = (): string => join(home, ".cache", "bottle-dash", "code");
  const printed = { status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string, stderr: "" };

  test("is kept in a folder that nobody else can write", () => {
    expect(version({ HOME: home })).toEqual(printed);
    expect(readdirSync(kept())).toHaveLength(1);
  });

  test("goes to XDG_CACHE_HOME where that is set", () => {
    expect(version({ HOME: home, XDG_CACHE_HOME: join(home, "caches") })).toEqual(printed);
    expect(readdirSync(join(home, "caches", "bottle-dash", "code"))).toHaveLength(1);
    expect(existsSync(kept())).toBe(false);
  });

  test("is neither taken from nor put into a folder that others can write", () => {
    mkdirSync(kept(), { recursive: true });
    chmodSync(kept(), 0o777);
    expect(version({ HOME: home })).toEqual(printed);
    expect(readdirSync(kept())).toEqual([]);
  });

  test("is neither taken from nor put behind a symbolic link", () => {
    const elsewhere = join(home, "elsewhere");
    mkdirSync(elsewhere);
    mkdirSync(join(home, ".cache", "bottle-dash"), { recursive: true });
    symlinkSync(elsewhere, kept());
    expect(version({ HOME: home })).toEqual(printed);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test("is done without where there is no home, or one that cannot be written", () => {
    expect(version({})).toEqual(printed);
    expect(version({ HOME: "/proc/nowhere" })).toEqual(printed);
  });
});

describe("an old Node", oldNodeRequired(), () => {
  test("is told what to install, and nothing else happens", () => {
    const { status, stdout, stderr } = version({ HOME: home }, oldNode());
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^bottle-dash: Node \d+\.\d+\.\d+ is too old: install Node 22\.22 or newer.*\n$/);
  });
});

function oldNodeRequired(): ReturnType<typeof requirement> {
  return requirement("old-node", () =>
    oldNode() === undefined ? "no Node before 22 stands in the usual places" : undefined,
  );
}

function oldNode(): string | undefined {
  return ["/usr/bin/node", "/usr/local/bin/node"].find((path) => {
    const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    return status === 0 && Number(/^v(\d+)/.exec(stdout)?.[1]) < 22;
  });
}
