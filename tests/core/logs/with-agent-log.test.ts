// A backend's own agent log among the files of all other sources.

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { AgentLine, Bottle } from "#contracts/backend.ts";
import type { LogLine, LogOptions } from "#contracts/console.ts";
import { followWithAgentLog } from "#core/logs/with-agent-log.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "logs-"));
  writeFileSync(join(folder, "egress.jsonl"), line(2, "asked") + line(4, "answered"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (second: number): string => `2020-01-01T00:00:0${second}.000Z`;
const line = (second: number, text: string): string =>
  `${JSON.stringify({ at: at(second), source: "egress", text })}\n`;
const agent = (second: number, text: string): AgentLine => ({ at: at(second), text });

type AgentLog = NonNullable<Bottle["agentLog"]>;
const past: AgentLog = async ({ caughtUp }, tell) => {
  for (const each of [agent(1, "one"), agent(3, "three")]) tell(each);
  caughtUp?.();
};

async function read(log: AgentLog, options: LogOptions = {}): Promise<string[]> {
  const lines: LogLine[] = [];
  await followWithAgentLog(folder, log, options, (each) => lines.push(each), new AbortController().signal);
  return lines.map(({ source, text }) => `${source} ${text}`);
}

test("lines of all sources come by time, the last of them as many as wanted", async () => {
  expect(await read(past)).toEqual(["agent one", "egress asked", "agent three", "egress answered"]);
  expect(await read(past, { tail: 2 })).toEqual(["agent three", "egress answered"]);
  expect(await read(past, { sources: ["egress"] })).toEqual(["egress asked", "egress answered"]);
  expect(await read(past, { sources: ["agent"] })).toEqual(["agent one", "agent three"]);
});

test("an agent's log that cannot be read costs itself alone", async () => {
  const failing: AgentLog = () => Promise.reject(new Error("the daemon is down"));
  expect(await read(failing)).toEqual([
    "egress asked",
    "egress answered",
    "agent [what it wrote cannot be read: the daemon is down]",
  ]);
});

test("what comes after is told as it comes, from either", async () => {
  const lines: string[] = [];
  const ending = new AbortController();
  let tellLater: (line: AgentLine) => void = () => {};
  const following: AgentLog = async (options, tell, signal) => {
    await past(options, tell, signal);
    tellLater = tell;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  };
  const done = followWithAgentLog(folder, following, { follow: true }, ({ text }) => lines.push(text), ending.signal);
  await expect.poll(() => lines).toEqual(["one", "asked", "three", "answered"]);
  tellLater(agent(5, "five"));
  appendFileSync(join(folder, "egress.jsonl"), line(6, "six"));
  await expect.poll(() => lines).toEqual(["one", "asked", "three", "answered", "five", "six"]);
  ending.abort();
  await done;
});
