// The guest agent with a scripted program that draws as agents do: what it tells of the agent's state, and when.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { connectGuest, type GuestClient } from "#backends/local/sockets/guest-client.ts";
import { look, standingOf } from "#backends/local/status.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";

const repository = join(import.meta.dirname, "..", "..", "..");
const SLUG = "test-abcde";
const RULES = {
  version: 1,
  rules: [
    {
      id: "approval",
      state: "waiting",
      why: "approve $1?",
      on: "bottom",
      lines: 4,
      match: ["^Run `([^`]+)`\\?$", "^❯ 1\\. Yes$"],
    },
    { id: "working", state: "busy", on: "title", match: ["^⠋ "] },
    { id: "at-rest", state: "idle", on: "bottom", lines: 2, match: ["^❯$"] },
  ],
};
/** Each `read` waits for a key. */
const PROGRAM = [
  "stty -echo",
  "printf '\\033[2J\\033[H\\033]0;agent\\007❯\\n'; read go",
  "printf '\\033[2J\\033[H\\033]0;⠋ agent\\007working\\n'; read go",
  "printf '\\033[2J\\033[H\\033]0;agent\\007Run `npm install`?\\n❯ 1. Yes\\n  2. No\\n'; read go",
  "printf '\\033[2J\\033[HIt asked: Run `npm install`?\\n❯ 1. Yes\\nThat was it.\\nDone.\\n────\\n❯\\n'; read go",
].join("; ");

let root: string;
let paths: BottlePaths;
let agent: ChildProcess;
let client: GuestClient;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "guest-agent-"));
  paths = bottlePaths(root, SLUG);
  mkdirSync(paths.agent.dir, { recursive: true });
});
afterEach(async () => {
  client.close();
  if (agent.exitCode === null && agent.signalCode === null) {
    agent.kill("SIGKILL");
    await once(agent, "exit");
  }
  rmSync(root, { recursive: true, force: true });
});

async function start(rules: unknown): Promise<{ said(): string[]; events: ShellEvent[] }> {
  if (rules !== undefined) writeFileSync(paths.agent.screenRules, JSON.stringify(rules));
  agent = spawn(process.execPath, [join(repository, "sidecars/guest-agent/main.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const argv = ["setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", `read go; ${PROGRAM}`];
  const config = { slug: SLUG, root, argv, env: { PATH: "/usr/bin:/bin" }, cols: 80, rows: 24 };
  agent.stdin!.write(`${JSON.stringify(config)}\n${JSON.stringify({ stay: true })}\n`);
  await once(agent.stdout!, "data");
  client = await connectGuest(paths.agent.socket);
  const events: ShellEvent[] = [];
  await client.subscribe(false, (event) => events.push(event));
  return {
    events,
    said: () =>
      events.flatMap((event) =>
        event.type === "activity" && event.authority !== "terminal"
          ? [`${event.activity} ${event.authority} ${event.rule}`]
          : [],
      ),
  };
}

const key = () => client.request({ action: "write_shell", shell: "agent", data: "\r" });
const PATIENCE = { timeout: 10_000 };

test("tells each state as it is drawn, and takes no prose for a prompt", { timeout: 40_000 }, async () => {
  const { said, events } = await start(RULES);
  const expected = ["idle screen at-rest", "busy title working", "waiting screen approval", "idle screen at-rest"];
  for (const [index] of expected.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- one key after the other
    await key();
    // oxlint-disable-next-line no-await-in-loop -- the same
    await expect.poll(said, PATIENCE).toEqual(expected.slice(0, index + 1));
  }
  expect(events).toContainEqual(
    expect.objectContaining({ type: "activity", activity: "waiting", detail: "approve npm install?" }),
  );
});

test("answers what it read, and the screen, to whoever comes later", { timeout: 40_000 }, async () => {
  const { said, events } = await start(RULES);
  await key();
  await expect.poll(said, PATIENCE).toEqual(["idle screen at-rest"]);
  const told = events.find((event) => event.type === "activity" && event.authority === "screen");
  const { activity } = await standingOf(paths);
  expect(activity).toContainEqual(
    expect.objectContaining({ activity: "idle", authority: "screen", rule: "at-rest", evidence: "❯" }),
  );
  const since = activity?.find(({ authority }) => authority === "screen")?.since ?? "";
  expect(since <= (told?.type === "activity" ? told.at : "")).toBe(true);
  expect(since).not.toBe("");
  expect(activity?.map(({ authority }) => authority)).toEqual(["terminal", "screen"]);
  const view = await look(paths);
  expect(view).toMatchObject({ title: "agent", progress: undefined });
  expect(view?.lines[0]).toBe("❯");
});

test.each([
  ["there are none", undefined],
  ["they cannot be read", { version: 1, rules: [{ id: "bad", state: "busy", on: "title", match: ["("] }] }],
])("tells whether the terminal moves when rules are no help: %s", { timeout: 40_000 }, async (_name, rules) => {
  const { said, events } = await start(rules);
  await key();
  await vi.waitFor(() => {
    const moves = events.flatMap((event) =>
      event.type === "activity" ? [`${event.activity} ${event.authority}`] : [],
    );
    expect(moves).toEqual(["busy terminal", "idle terminal"]);
  }, PATIENCE);
  expect(said()).toEqual([]);
});
