// The alarm that a sent canary raises: one proposal that nothing approves, however often it is sent.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { bottlePaths } from "#lib/paths.ts";
import { decide } from "#lib/store/decide.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { openCanaryAlarm } from "#sidecars/egress/asking/canary-alarm.ts";

let of: { root: string; slug: string };
beforeEach(async () => {
  of = { root: await mkdtemp(join(tmpdir(), "alarm-")), slug: "demo-abc12" };
  await mkdir(bottlePaths(of.root, of.slug).queue, { recursive: true });
});
afterEach(() => rm(of.root, { recursive: true, force: true }));

const FOUND = {
  host: "paste.example.com",
  port: 443,
  method: "POST",
  path: "/new",
  rule: "canary",
  where: "body",
  excerpt: "token=********",
  fingerprint: "ab".repeat(32),
};

async function raise(host = FOUND.host): Promise<string[]> {
  const problems: string[] = [];
  const alarm = openCanaryAlarm(of, (message) => problems.push(message));
  for (let time = 0; time < 50; time += 1) alarm.raise({ ...FOUND, host });
  await alarm.flush();
  return problems;
}

test("fifty at once are one alarm that nobody waits for", async () => {
  await raise();
  const { items } = await readQueue(of);
  expect(items).toMatchObject([{ proposal: { kind: "dlp-match", origin: "blocked-request", payload: FOUND } }]);
  expect(items[0]?.proposal.deadline).toBeUndefined();
});

test("another host joins the alarm that waits; after somebody looked, the next one is a new alarm", async () => {
  await raise();
  await raise("other.example.com");
  const [first, ...more] = (await readQueue(of)).items;
  expect([first?.seen?.count, more]).toEqual([2, []]);
  const { id = "", digest = "" } = first?.proposal ?? {};
  const looked = { id, digest, status: "rejected", scope: "once", notes: "looked", decided_by: "me" } as const;
  await decide(of, looked, new Date());
  await raise("third.example.com");
  const open = (await readQueue(of)).items.filter(({ decision }) => decision === null);
  expect(open).toMatchObject([{ proposal: { payload: { host: "third.example.com" } } }]);
});

test("an alarm that cannot be written is told, and throws nothing", async () => {
  const { queue } = bottlePaths(of.root, of.slug);
  await rm(queue, { recursive: true });
  await writeFile(queue, "no folder");
  const problems = await raise();
  expect(problems[0]).toContain("the canary was sent to paste.example.com, and no alarm could be raised");
});
