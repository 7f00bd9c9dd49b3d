import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { explain } from "#core/console/explain.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { type Manner, fakeBackend } from "#tests/helpers/fake-backend.ts";
import { NOW } from "#tests/helpers/store.ts";

const SLUG = "agent-aaaaa";
const AT = NOW.toISOString();
const RULES = {
  version: 1,
  rules: [{ id: "at-rest", state: "idle", on: "bottom", lines: 2, match: ["^❯$"] }],
};
const VIEW = { lines: ["", "what it said\u001b[31m", "❯", "", ""], title: "agent\u202e", progress: undefined };
let root: string;
let paths: BottlePaths;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "explain-"));
  paths = bottlePaths(root, SLUG);
  await mkdir(paths.agent.dir, { recursive: true });
  await writeFile(
    paths.metadata,
    JSON.stringify({ identity: SLUG, agent_name: "a", started_at: AT, backend: "docker" }),
  );
});
afterEach(() => rm(root, { recursive: true, force: true }));

const running: NonNullable<Manner["list"]> = async () => [
  {
    slug: SLUG,
    status: { phase: "running", since: AT },
    activity: [
      { activity: "busy", authority: "terminal" },
      { activity: "idle", authority: "screen", detail: "", rule: "at-rest", evidence: "❯" },
    ],
  },
];
const told = (manner: Manner = { list: running, bottle: { look: async () => VIEW } }) =>
  explain(root, [fakeBackend(root, manner)], SLUG, () => NOW);

test("puts together what is said, what is written, and what is seen now", async () => {
  await writeFile(paths.agent.screenRules, JSON.stringify(RULES));
  expect(await told()).toMatchObject({ state: "idle", by: "screen", rule: "at-rest", evidence: "❯", confirmed_at: AT });
  const report = { state: "busy", detail: "Bash", event: "PreToolUse", at: AT };
  await writeFile(paths.agent.state, JSON.stringify(report));
  const explained = await told();
  expect(explained).toMatchObject({ slug: SLUG, state: "busy", by: "agent", rule: "PreToolUse" });
  expect(explained.words.map(({ authority, activity }) => `${authority} ${activity}`)).toEqual([
    "agent busy",
    "screen idle",
    "terminal busy",
  ]);
  expect(explained.screen).toEqual({
    title: "agent",
    progress: null,
    bottom: ["what it said", "❯"],
    rules: 1,
    matches: { state: "idle", rule: "at-rest", authority: "screen", why: "", evidence: "❯" },
  });
});

test("does without rules, and without a screen", async () => {
  expect((await told()).screen).toMatchObject({ rules: null, matches: null });
  const blind = { list: running, bottle: { look: () => Promise.reject(new Error("gone")) } };
  expect((await told(blind)).screen).toBeNull();
  expect((await told({ list: running })).screen).toBeNull();
});

test("names a bottle that is not there", async () => {
  await expect(explain(root, [fakeBackend(root)], "none-bbbbb", () => NOW)).rejects.toMatchObject({
    code: "not-found",
  });
});
