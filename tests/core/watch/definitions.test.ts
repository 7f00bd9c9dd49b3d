import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { watchDefinitions } from "#core/watch/definitions.ts";
import type { FleetEvent } from "#domain/fleet/event.ts";

let root: string;
let closing: AbortController;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "watch-definitions-"));
  closing = new AbortController();
  for (const folder of ["bottles", "agents"]) await mkdir(join(root, folder));
  await writeFile(
    join(root, "bottles", "dev.md"),
    "---\nbackend: local\nagent_provider:\n  template: command\n  command: [sh]\n---\n",
  );
  await writeFile(join(root, "agents", "dev.md"), "---\nbottle: dev\n---\n");
});
afterEach(async () => {
  closing.abort();
  await rm(root, { recursive: true, force: true });
});

test("has nothing to say of sound definitions, whatever else its caller carries along", async () => {
  const events: FleetEvent[] = [];
  const world = { root, cwd: root, backends: [{ name: "local" }] };
  await watchDefinitions(world, (event) => events.push(event), closing.signal);
  expect(events).toEqual([]);
});

test("tells of a definition that breaks, and that it was mended", async () => {
  const events: FleetEvent[] = [];
  await watchDefinitions({ root, cwd: root }, (event) => events.push(event), closing.signal);
  const path = join(root, "agents", "dev.md");
  await writeFile(path, "---\nbottle: nowhere\n---\n");
  await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ type: "problem" })));
  await writeFile(path, "---\nbottle: dev\n---\n");
  await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ type: "problem-solved" })));
});

test("sees definitions that are written where there was no folder for them", async () => {
  const fresh = join(root, "fresh");
  const events: FleetEvent[] = [];
  await watchDefinitions({ root: fresh, cwd: root }, (event) => events.push(event), closing.signal);
  await writeFile(join(fresh, "agents", "late.md"), "---\nbottle: nowhere\n---\n");
  await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ type: "problem" })));
});
