import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { planCleanup } from "#core/cleanup.ts";
import { createConsole } from "#core/console.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { bottlePaths } from "#lib/paths.ts";
import { fakeBackend } from "#tests/helpers/fake-backend.ts";

let root: string;
let workspace: string;
const FLEET = {
  bottles: ["a-aaaaa", "b-bbbbb"].map((slug) => ({ slug, state: "stopped" })),
  inbox: [],
  problems: {},
} as unknown as Fleet;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cleanup-"));
  const { home } = bottlePaths(root, "a-aaaaa").agent;
  await mkdir(home, { recursive: true });
  workspace = join(home, "workspace");
});
afterEach(() => rm(root, { recursive: true, force: true }));

test.each([
  ["a file", () => writeFile(workspace, "x")],
  ["a link to itself", () => symlink("workspace", workspace)],
  ["a link out of the home", () => symlink("/", workspace)],
  ["a link to nowhere", () => symlink("/nowhere", workspace)],
])("an agent that puts %s in the place of its workspace keeps its own bottle, and no other", async (_what, put) => {
  await put();
  const items = await planCleanup({ root, fleet: FLEET, backends: [], now: new Date() }, [], false);
  expect(items.map(({ slug, remove }) => [slug, remove])).toEqual([
    ["a-aaaaa", false],
    ["b-bbbbb", true],
  ]);
  expect(items[0]?.detail).toContain("holds 1 uncollected entry");
});

test("what bottles without a state folder left is shown and removed where it is", async () => {
  const backend = fakeBackend(root, { name: "docker", leftovers: async () => ["gone-c0c0c", "a-aaaaa"] });
  const silent = fakeBackend(root, { name: "docker:far", leftovers: () => Promise.reject(new Error("down")) });
  const from = { root, fleet: FLEET, backends: [backend, silent], now: new Date() };
  const items = await planCleanup(from, [], false);
  // a-aaaaa is a bottle of the fleet: it is planned as one.
  expect(items.map(({ slug, remove, backend: left }) => [slug, remove, left])).toEqual([
    ["a-aaaaa", true, undefined],
    ["b-bbbbb", true, undefined],
    ["gone-c0c0c", true, "docker"],
  ]);
  expect(await planCleanup(from, ["gone-c0c0c"], false)).toEqual([items[2]]);
  const console = createConsole({ root, cwd: root, env: {}, backends: [backend, silent] });
  await console.cleanup([items[2]!]);
  await console.close();
  expect(backend.removed).toEqual(["gone-c0c0c"]);
});

test("a leftover that holds work is kept unless forced", async () => {
  const bottle = { workspaceEntries: async () => 2 };
  const from = {
    root,
    fleet: { ...FLEET, bottles: [] },
    backends: [fakeBackend(root, { leftovers: async () => ["gone-c0c0c"], bottle })],
    now: new Date(),
  };
  expect(await planCleanup(from, [], false)).toEqual([
    {
      slug: "gone-c0c0c",
      backend: "docker",
      remove: false,
      detail:
        "its workspace holds 2 uncollected entries, and its state folder is gone; --force removes it all the same",
    },
  ]);
  expect(await planCleanup(from, [], true)).toMatchObject([{ remove: true }]);
});

test.each([
  ["entries that it has", async () => 3, "holds 3 uncollected entries"],
  ["a home that cannot be seen", () => Promise.reject(new Error("down")), "holds 1 uncollected entry"],
])("a workspace in the backend's own home keeps its bottle: %s", async (_what, workspaceEntries, said) => {
  const backend = fakeBackend(root, { bottle: { workspaceEntries } });
  const fleet = { ...FLEET, bottles: [{ slug: "a-aaaaa", state: "stopped", backend: "docker" }] } as unknown as Fleet;
  const [item] = await planCleanup({ root, fleet, backends: [backend], now: new Date() }, [], false);
  expect(item).toMatchObject({ remove: false, detail: expect.stringContaining(said) });
});

test("a bottle whose backend does not answer is kept, even by force", async () => {
  const fleet = {
    ...FLEET,
    bottles: [{ slug: "a-aaaaa", state: "stopped", backend: "docker" }],
    problems: { "backend docker": "connection refused" },
  } as unknown as Fleet;
  const [item] = await planCleanup({ root, fleet, backends: [], now: new Date() }, [], true);
  expect(item).toEqual({ slug: "a-aaaaa", remove: false, detail: "docker does not answer: connection refused" });
});
