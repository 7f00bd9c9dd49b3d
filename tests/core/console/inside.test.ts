// Commands and copies go to the backend of the bottle, or are refused with its reason.

import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Backend, Bottle } from "#contracts/backend.ts";
import { insideOf } from "#core/console/inside.ts";
import type { ConsoleWorld } from "#core/console/part.ts";
import { bottlePaths } from "#lib/paths.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "inside-"));
  const { state, metadata } = bottlePaths(root, "one");
  mkdirSync(state, { recursive: true });
  writeFileSync(metadata, JSON.stringify({ identity: "one", agent_name: "a", started_at: "2030", backend: "local" }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function inside(capabilities: Partial<Backend["capabilities"]>, bottle: Partial<Bottle>) {
  const backend = { name: "local", capabilities, open: () => bottle } as unknown as Backend;
  return insideOf({ root, backends: [backend] } as unknown as ConsoleWorld);
}

test("a command is run by the bottle", async () => {
  const exec = vi.fn<NonNullable<Bottle["exec"]>>(async () => ({ exitCode: 3, stdout: "", stderr: "", cut: false }));
  const { exitCode } = await inside({ exec: { can: true } }, { exec }).exec("one", { argv: ["true"] });
  expect([exitCode, exec.mock.lastCall]).toEqual([3, [{ argv: ["true"] }]]);
});

test("what a backend cannot is refused with its reason", async () => {
  const cannot = inside({ exec: { can: false, why: "it has no walls to pass" }, copy: { can: true } }, {});
  await expect(cannot.exec("one", { argv: ["true"] })).rejects.toMatchObject({
    code: "unavailable",
    message: "one: cannot run commands inside: it has no walls to pass",
  });
  await expect(cannot.copyIn("one", "a", "b")).rejects.toMatchObject({ code: "unavailable" });
  await expect(cannot.copyOut("two", "a", "b")).rejects.toMatchObject({ code: "not-found" });
});
