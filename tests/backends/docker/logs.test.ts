// What an agent in a container wrote, as lines: those there are, those that come, and those of its next run.

import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { keepAgentLog, readAgentLog } from "#backends/docker/logs/agent-log.ts";
import { attachTo } from "#backends/docker/terminal/attach.ts";
import type { AgentLine, AgentLogOptions } from "#contracts/backend.ts";
import { bottlePaths } from "#lib/paths.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "./plain-bottles.ts";

describe("the log of an agent", await requireDocker(), () => {
  let bottles: PlainBottles;
  beforeAll(() => {
    bottles = plainBottles();
  });
  afterAll(() => bottles.end());

  const read = async (slug: string, options: AgentLogOptions = {}): Promise<AgentLine[]> => {
    const lines: AgentLine[] = [];
    await readAgentLog(bottles.context, slug, options, (line) => lines.push(line), new AbortController().signal);
    return lines;
  };
  const texts = async (slug: string, options?: AgentLogOptions) => (await read(slug, options)).map(({ text }) => text);

  test("has its lines as plain text with their moments, the last of them as many as wanted", async () => {
    const script = "printf 'a\\033[31mred\\033[0m\\n\\n10%%\\r20%%\\r\\nüñï\\nrest'; seq 1 500; sleep 1; echo late";
    const container = await bottles.run("one", ["/bin/sh", "-c", script]);
    await container.wait();
    const lines = await read("one");
    expect(lines.map(({ text }) => text).slice(0, 5)).toEqual(["ared", "20%", "üñï", "rest1", "2"]);
    expect(lines).toHaveLength(504);
    for (const { at } of lines) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await texts("one", { tail: 2 })).toEqual(["500", "late"]);
    expect(await texts("one", { tail: 450 })).toHaveLength(450);
    expect(await texts("one", { since: new Date(lines.at(-1)!.at) })).toEqual(["late"]);
    expect(await texts("none")).toEqual([]);
    await keepAgentLog(bottles.context, "one", container.id);
    const kept = readFileSync(bottlePaths(bottles.context.root, "one").logs.of("agent"), "utf8").trim().split("\n");
    expect(kept.map((line) => JSON.parse(line))).toEqual(lines.map((line) => ({ ...line, source: "agent" })));
  });

  test("does not show that somebody attached in the middle of a line", async () => {
    const container = await bottles.run("two", ["/bin/sh", "-c", "printf 'begun '; read go; echo ended; read end"]);
    const terminal = await attachTo(bottles.context, "two");
    (await attachTo(bottles.context, "two")).detach();
    terminal.write("\r");
    await expect.poll(() => texts("two")).toEqual(["begun ", "ended"]);
    terminal.detach();
    await container.kill();
  });

  test("goes on with new lines, each once, also with those of the next run", async () => {
    const container = await bottles.run("three", [
      "/bin/sh",
      "-c",
      'echo first; while read line; do echo "got $line"; done',
    ]);
    const lines: string[] = [];
    const ending = new AbortController();
    let past: number | undefined;
    await expect.poll(() => texts("three")).toEqual(["first"]);
    const following = readAgentLog(
      bottles.context,
      "three",
      { follow: true, caughtUp: () => (past = lines.length) },
      ({ text }) => lines.push(text),
      ending.signal,
    );
    await expect.poll(() => past).toBe(1);
    const input = (await container.attach({ stream: true, stdin: true, hijack: true })) as Duplex;
    input.write("a\r");
    await expect.poll(() => lines).toEqual(["first", "a", "got a"]);
    await container.remove({ force: true });
    await bottles.run("three", ["/bin/sh", "-c", "echo again; sleep 1000"]);
    await expect.poll(() => lines, { timeout: 10_000 }).toEqual(["first", "a", "got a", "again"]);
    ending.abort();
    await following;
  });
});
