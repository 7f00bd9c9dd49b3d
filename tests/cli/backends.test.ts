// Backends and their hosts as the command line names them.

import { describe, expect, it, vi } from "vitest";

import { bottleTemplate } from "#cli/definition-templates.ts";
import type { Console } from "#contracts/console.ts";
import { parseBottle } from "#domain/definition/parse.ts";
import { aBackend } from "#tests/helpers/backend-choices.ts";
import { runCli } from "#tests/helpers/command-line.ts";
import { bottleRow, EMPTY_FLEET, fakeConsole } from "#tests/helpers/fake-console.ts";

describe("list", () => {
  const far = { backend: "docker:far", host: "far", isolation: null };
  const bottles = [
    bottleRow({ slug: "here-aaaaa", backend: "docker" }),
    bottleRow({ slug: "far-bbbbb", ...far, state: "unknown" }),
    bottleRow({ slug: "ended-ccccc", ...far, state: "stopped" }),
  ];
  const snapshot: Console["snapshot"] = async () => ({
    ...EMPTY_FLEET,
    bottles,
    problems: { "backend docker:far": "connection refused" },
  });

  it("names the host once, and marks the rows of one that is down", async () => {
    const { stdout, stderr, code } = await runCli(["list"], { console: fakeConsole({ snapshot }) });
    const rows = stdout.split("\n").slice(1);
    expect(rows[0]).toContain(" docker ");
    expect(rows[0]).not.toContain("host down");
    expect(rows[1]).toMatch(/unknown \(host down\) .* docker:far/);
    expect(rows[2]).toMatch(/stopped \(host down\) .* docker:far/);
    expect([code, stderr]).toEqual([0, "bottle-dash: warning: backend docker:far: connection refused\n"]);
  });

  it("has backend and host of each row in JSON", async () => {
    const { stdout } = await runCli(["list", "--json"], { console: fakeConsole({ snapshot }) });
    expect((JSON.parse(stdout) as { backend: string; host: string }[]).map((row) => [row.backend, row.host])).toEqual([
      ["docker", "local"],
      ["docker:far", "far"],
      ["docker:far", "far"],
    ]);
  });
});

it("shells complete the backends that there are", async () => {
  const backends = [aBackend({ name: "local" }), aBackend({ name: "docker:far", host: "far" })];
  const { stdout } = await runCli(["completion", "words", "backend"], { console: fakeConsole({ backends }) });
  expect(stdout).toBe("local\ndocker:far\n");
  const { stdout: script } = await runCli(["completion", "bash"]);
  expect(script).toContain("completion words backend");
});

it("what a clean-up would take of a backend's leftovers says which backend", async () => {
  const items = [{ slug: "gone-c0c0c", backend: "docker", remove: true, detail: "what it left in docker" }];
  const console = fakeConsole({ cleanupPlan: vi.fn<Console["cleanupPlan"]>(async () => items) });
  const { stdout } = await runCli(["cleanup", "--dry-run", "--json"], { console });
  expect(JSON.parse(stdout)).toEqual(items);
});

describe("the bottle that init writes", () => {
  const parsed = (text: string) => parseBottle({ name: "dev", path: "dev.md", text });
  const lines = bottleTemplate({ provider: "command", command: undefined, hosts: [] }).split("\n");

  it("loads as it is", () => {
    expect(parsed(lines.join("\n")).ok).toBe(true);
  });

  it("loads with each suggestion taken", () => {
    const taken = lines.map((line) => line.replace(/^# /, "")).filter((line) => line !== "  routes: []");
    const text = taken.join("\n").replace("  on_unknown_host", "  hosts: {}\n  on_unknown_host");
    const routes = text.replace("  - host: api.github.com", "  routes:\n  - host: api.github.com");
    const result = parsed(routes);
    expect(result.ok ? [] : result.problems).toEqual([]);
    expect(result.ok && result.value.keys).toMatchObject({
      backend: "docker",
      agent_provider: { dockerfile: "images/tools/Dockerfile" },
      "git-gate": { repos: { app: { force_push: false } } },
    });
  });
});
