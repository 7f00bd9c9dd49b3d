import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import type { AgentEnd } from "#contracts/console.ts";
import { endOf } from "#core/console/end.ts";
import { createFleetStore, type FleetStore } from "#core/watch/fleet-store.ts";
import type { RunStatus } from "#domain/fleet/run-status.ts";
import { Metadata } from "#domain/fleet/metadata.ts";
import { bottlePaths } from "#lib/paths.ts";
import { fakeBackend } from "#tests/helpers/fake-backend.ts";

const SLUG = "dev-abcde";
const AT = "2026-11-21T06:00:00.000Z";
const METADATA = { identity: SLUG, agent_name: "dev", started_at: AT, backend: "local" };

let root = "";
let store: FleetStore;
let stop: AbortController;
/** How often the backend was asked how the bottle stands. */
let asked = 0;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "end-test-"));
  store = createFleetStore(() => new Date(AT));
  stop = new AbortController();
  asked = 0;
  const { state, metadata, agent } = bottlePaths(root, SLUG);
  await mkdir(state, { recursive: true });
  await mkdir(agent.dir);
  await writeFile(metadata, JSON.stringify(METADATA));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const never = new Promise<void>(() => {});
/** Rejects or resolves; and tells when it listens. */
async function waiting(start: () => Promise<void> = () => never): Promise<{ end: Promise<AgentEnd> }> {
  const listens = Promise.withResolvers<void>();
  const status = async () => {
    asked += 1;
    return { phase: "running", since: AT } as const;
  };
  const world = { root, backends: [fakeBackend(root, { name: "local", bottle: { status } })] };
  const end = endOf(
    world,
    SLUG,
    {
      start,
      fleet: store.fleet,
      subscribe(changed) {
        listens.resolve();
        return store.subscribe(changed);
      },
    },
    stop.signal,
  );
  end.catch(() => {}); // looked at later
  await Promise.race([listens.promise, end.catch(() => {})]);
  return { end };
}
const found = (): void => store.dispatch({ type: "bottle-found", slug: SLUG, metadata: Metadata.parse(METADATA) });
const runs = (status: RunStatus): void => store.dispatch({ type: "run-status", slug: SLUG, status });
const answers = (message: string): Promise<void> =>
  writeFile(bottlePaths(root, SLUG).agent.result, JSON.stringify({ at: AT, message, cut: false }));

it("waits while the agent runs, and tells how it ended and what it answered", async () => {
  const { end } = await waiting();
  found();
  runs({ phase: "starting", since: AT });
  runs({ phase: "running", since: AT });
  expect(asked).toBe(0);
  await answers("All done.");
  runs({ phase: "exited", since: AT, exit_code: 3, signal: null });
  expect(await end).toEqual({ reason: "exited", exit_code: 3, signal: null, message: "All done.", cut: false });
  expect(asked).toBe(1); // what its end leaves is on disk by then
});

it("tells at once of an end that is known", async () => {
  found();
  runs({ phase: "exited", since: AT, exit_code: null, signal: "SIGKILL" });
  const { end } = await waiting();
  expect(await end).toEqual({ reason: "exited", exit_code: null, signal: "SIGKILL", message: null, cut: false });
});

it.each(["stopped", "lost"] as const)("tells of one that is %s", async (phase) => {
  const { end } = await waiting();
  found();
  runs({ phase, since: AT });
  expect(await end).toMatchObject({ reason: phase, exit_code: null, signal: null, message: null });
});

it("takes a malformed answer as none", async () => {
  await writeFile(bottlePaths(root, SLUG).agent.result, '{"message": 1}');
  const { end } = await waiting();
  found();
  runs({ phase: "exited", since: AT, exit_code: 0, signal: null });
  expect(await end).toMatchObject({ exit_code: 0, message: null });
});

it("fails when the bottle is not there, or is cleared away meanwhile", async () => {
  const { end } = await waiting();
  found();
  store.dispatch({ type: "bottle-removed", slug: SLUG });
  await expect(end).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining("cleared away") });
  await rm(bottlePaths(root, SLUG).metadata);
  await expect((await waiting()).end).rejects.toMatchObject({ code: "not-found" });
});

it("stops waiting when it is told to, and listens no more", async () => {
  const { end } = await waiting();
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(end).rejects.toBe(reason);
  await expect((await waiting()).end).rejects.toBe(reason);
});

it("fails with the watching", async () => {
  const { end } = await waiting(() => Promise.reject(new Error("cannot watch")));
  await expect(end).rejects.toThrow("cannot watch");
});
