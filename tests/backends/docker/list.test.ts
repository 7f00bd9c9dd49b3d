// How bottles stand, from their containers and from what is on disk, and how an end that nobody saw is written down.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { listBottles } from "#backends/docker/list.ts";
import { markStopping, settle } from "#backends/docker/settle.ts";
import { statusOf } from "#backends/docker/status.ts";
import { bottlePaths } from "#lib/paths.ts";
import { identify } from "#lib/process-identity.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "./plain-bottles.ts";

describe("bottles of a daemon", await requireDocker(), () => {
  let bottles: PlainBottles;
  beforeAll(() => {
    bottles = plainBottles();
  });
  afterAll(() => bottles.end());

  const exitOf = (slug: string) => JSON.parse(readFileSync(bottlePaths(bottles.context.root, slug).agent.exit, "utf8"));
  const crashOf = (slug: string) => readFileSync(bottlePaths(bottles.context.root, slug).logs.crash, "utf8");
  const ended = async (slug: string, command: string, more = {}) => {
    const container = await bottles.run(slug, ["/bin/sh", "-c", command], more);
    await container.wait();
    return container;
  };

  test("are listed as they stand, by one question for all", async () => {
    await bottles.run("runs", ["/bin/sleep", "1000"]);
    await ended("exits", "exit 0");
    await ended("crashes", "exit 7");
    const { agent } = bottles.prepare("starts");
    writeFileSync(agent.launcher, `${process.pid} ${identify(process.pid)?.started}\n`);
    const lost = bottles.prepare("lost");
    writeFileSync(lost.metadata, readFileSync(lost.metadata));
    await bottles.create("created", ["/bin/true"]);
    const listed = new Map((await listBottles(bottles.context)).map(({ slug, status }) => [slug, status]));
    expect(listed.get("runs")).toMatchObject({ phase: "running" });
    expect(listed.get("exits")).toMatchObject({ phase: "exited", exit_code: 0, signal: null });
    expect(listed.get("crashes")).toMatchObject({ phase: "exited", exit_code: 7 });
    expect(listed.get("starts")).toMatchObject({ phase: "starting" });
    expect(listed.get("lost")).toMatchObject({ phase: "starting" }); // its metadata is seconds old
    expect(listed.get("created")).toMatchObject({ phase: "lost" }); // whoever made it is gone
    expect(await statusOf(bottles.context, "runs")).toEqual(listed.get("runs"));
  });

  test("are none of the containers in which an image's steps run, whatever labels a Dockerfile gives them", async () => {
    await bottles.run("mine", ["/bin/sh", "-c", "exit 0"]).then((container) => container.wait());
    await bottles.run("mine", ["/bin/sleep", "1000"], { name: `some_builder-${process.pid}` });
    expect(await statusOf(bottles.context, "mine")).toMatchObject({ phase: "exited" });
  });

  test("have an end written down once, however many look at once", async () => {
    await ended("many", "seq 1 300; printf 'no newline'; kill -SEGV $$");
    const looks = Array.from({ length: 6 }, () => statusOf(bottles.context, "many"));
    const others = Array.from({ length: 3 }, () => listBottles({ ...bottles.context, root: bottles.context.root }));
    const [first, ...rest] = await Promise.all(looks);
    await Promise.all(others);
    expect(first).toMatchObject({ phase: "exited", exit_code: null, signal: "SIGSEGV" });
    for (const each of rest) expect(each).toEqual(first);
    const crash = crashOf("many").split("\n");
    expect(crash[0]).toMatch(/^=== agent crash \d{4}-\d\d-\d\dT[\d:.]+Z exit SIGSEGV ===$/);
    expect(crash.slice(1, 3)).toEqual(["102", "103"]);
    expect(crash.filter((line) => line.startsWith("==="))).toHaveLength(1);
    expect(crash.at(-2)).toBe("no newline");
    const audit = await readAuditLog({ root: bottles.context.root, slug: "many" });
    expect(audit.map(({ action, detail }) => `${action}: ${detail}`)).toEqual([
      "agent-exit: the agent ended with SIGSEGV",
    ]);
  });

  test("that were asked to end count as stopped", async () => {
    const container = await bottles.run("asked", ["/bin/sleep", "1000"]);
    await markStopping(bottlePaths(bottles.context.root, "asked"));
    await container.kill();
    await container.wait();
    expect(await statusOf(bottles.context, "asked")).toMatchObject({ phase: "stopped" });
    expect(exitOf("asked")).toMatchObject({ reason: "stopped", signal: "SIGKILL" });
    expect(existsSync(bottlePaths(bottles.context.root, "asked").logs.crash)).toBe(false);
  });

  test("that ran out of memory say so", async () => {
    await ended("greedy", "exec node -e 'const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))'", {
      HostConfig: { Memory: 40_000_000, MemorySwap: 40_000_000, Init: false },
    });
    expect(await statusOf(bottles.context, "greedy")).toMatchObject({ phase: "exited", signal: "SIGKILL" });
    expect(crashOf("greedy")).toContain("[it used more memory than it may have, and was killed]");
    const [entry] = await readAuditLog({ root: bottles.context.root, slug: "greedy" });
    expect(entry?.detail).toBe("the agent ended with SIGKILL: it used more memory than it may have, and was killed");
  });

  test("that were cleared away get no folder again", async () => {
    const { id } = await ended("cleared", "exit 3");
    rmSync(bottlePaths(bottles.context.root, "cleared").state, { recursive: true });
    expect(await settle(bottles.context, { id, slug: "cleared" })).toBeNull();
    expect(existsSync(bottlePaths(bottles.context.root, "cleared").state)).toBe(false);
  });

  test("that are being launched are not settled, whatever their old container says", async () => {
    await ended("again", "exit 3");
    const { agent } = bottlePaths(bottles.context.root, "again");
    writeFileSync(agent.launcher, `${process.pid} ${identify(process.pid)?.started}\n`);
    expect(await statusOf(bottles.context, "again")).toMatchObject({ phase: "starting" });
    expect(existsSync(agent.exit)).toBe(false);
  });
});
