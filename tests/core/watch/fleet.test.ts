import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { takeSnapshot, watchFleet } from "#core/watch/fleet.ts";
import { createFleetStore } from "#core/watch/fleet-store.ts";
import { bottlePaths } from "#lib/paths.ts";
import { fakeBackend } from "#tests/helpers/fake-backend.ts";
import { NOW } from "#tests/helpers/store.ts";

const AT = "2026-11-20T11:00:00.000Z";
let root: string;
const now = () => NOW;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fleet-"));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(root, { recursive: true, force: true });
});

async function bottle(slug: string, backend: string, host: string, exit?: object): Promise<void> {
  const paths = bottlePaths(root, slug);
  await mkdir(paths.agent.dir, { recursive: true });
  await writeFile(paths.metadata, JSON.stringify({ identity: slug, agent_name: "a", started_at: AT, backend, host }));
  if (exit !== undefined) await writeFile(paths.agent.exit, JSON.stringify(exit));
}

const running = (slug: string) => ({ slug, status: { phase: "running" as const, since: AT } });
const local = () => fakeBackend(root, { name: "local", list: async () => [running("here-aaaaa")] });

test("a daemon that is down costs its own rows alone, which stand as they are last known", async () => {
  await bottle("here-aaaaa", "local", "local");
  await bottle("far-bbbbb", "docker:far", "far");
  await bottle("ended-ccccc", "docker:far", "far", { at: AT, exit_code: 3, signal: null, reason: "exited" });
  const far = fakeBackend(root, { name: "docker:far", host: "far", list: () => Promise.reject(new Error("refused")) });
  const fleet = await takeSnapshot(root, [local(), far], now);
  expect(fleet.bottles.map(({ slug, host, state, exit_code }) => [slug, host, state, exit_code])).toEqual([
    ["ended-ccccc", "far", "crashed", 3],
    ["far-bbbbb", "far", "unknown", null],
    ["here-aaaaa", "local", "unknown", null],
  ]);
  expect(fleet.bottles[2]?.run?.phase).toBe("running");
  expect(fleet.problems).toEqual({ "backend docker:far": "refused" });
  expect(fleet.hosts).toEqual({ far: { up: false, detail: "refused" } });
});

test("what an agent's terminal shows is asked where the list leaves it open, and only of what runs", async () => {
  const asked: string[] = [];
  const listed = [
    running("asked-aaaaa"),
    { ...running("told-bbbbb"), activity: [{ activity: "busy", authority: "terminal" }] as const },
    { slug: "ended-ccccc", status: { phase: "stopped" as const, since: AT } },
  ];
  await Promise.all(listed.map(({ slug }) => bottle(slug, "docker", "local")));
  const docker = fakeBackend(root, { name: "docker", list: async () => listed });
  const backend = {
    ...docker,
    open: (slug: string) => ({
      ...docker.open(slug),
      activity: async () => (asked.push(slug), [{ activity: "idle", authority: "terminal" }] as const),
    }),
  };
  const fleet = await takeSnapshot(root, [backend], now);
  expect(fleet.bottles.map(({ slug, state }) => [slug, state])).toEqual([
    ["asked-aaaaa", "idle"],
    ["ended-ccccc", "stopped"],
    ["told-bbbbb", "busy"],
  ]);
  expect(asked).toEqual(["asked-aaaaa"]);
});

test("a terminal that nobody can tell of costs half a second, and its own state alone", async () => {
  await bottle("mute-aaaaa", "docker", "local");
  const silent = { activity: () => new Promise<never>(() => {}) };
  const docker = fakeBackend(root, { name: "docker", list: async () => [running("mute-aaaaa")], bottle: silent });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const taking = takeSnapshot(root, [docker], now);
  await vi.advanceTimersByTimeAsync(0);
  await vi.waitUntil(() => vi.getTimerCount() > 0);
  await vi.advanceTimersByTimeAsync(500);
  expect((await taking).bottles[0]).toMatchObject({ state: "unknown", run: { phase: "running" } });
});

test("this machine's daemon that is down does not take the local bottles' machine with it", async () => {
  await bottle("here-aaaaa", "local", "local");
  const docker = fakeBackend(root, { name: "docker", list: () => Promise.reject(new Error("refused")) });
  const fleet = await takeSnapshot(root, [local(), docker], now);
  expect(fleet.hosts).toEqual({});
  expect(fleet.problems).toEqual({ "backend docker": "refused" });
});

test("a daemon that never answers is waited for no longer than a few seconds", async () => {
  await bottle("here-aaaaa", "local", "local");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const silent = fakeBackend(root, { name: "docker:far", host: "far", list: () => new Promise(() => {}) });
  const taking = takeSnapshot(root, [local(), silent], now);
  await vi.waitUntil(() => vi.getTimerCount() > 0);
  await vi.advanceTimersByTimeAsync(5000);
  const fleet = await taking;
  expect(fleet.bottles[0]?.run?.phase).toBe("running");
  expect(fleet.problems["backend docker:far"]).toBe("it did not answer within 5 s");
});

test("watching begins without a daemon that never answers", async () => {
  const silent = { ...fakeBackend(root, { name: "docker:far" }), watch: vi.fn(() => new Promise<void>(() => {})) };
  const ending = new AbortController();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const began = watchFleet({ root, cwd: root }, [silent], createFleetStore(now), now, ending.signal);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0)); // the files are scanned first, in real time
  await vi.advanceTimersByTimeAsync(5000);
  await began;
  expect(silent.watch).toHaveBeenCalledOnce();
  ending.abort();
});
