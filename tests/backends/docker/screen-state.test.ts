// What is read on a docker bottle's screen: while it is followed, and asked once.

import { writeFileSync } from "node:fs";
import type { Duplex } from "node:stream";

import type { Container } from "dockerode";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { activityOf } from "#backends/docker/logs/activity.ts";
import { lookAt } from "#backends/docker/terminal/look.ts";
import { watchBottles } from "#backends/docker/watch.ts";
import type { BackendEvent } from "#contracts/backend.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "./plain-bottles.ts";

const PATIENCE = { timeout: 15_000 };
const RULES = {
  version: 1,
  rules: [
    { id: "approval", state: "waiting", why: "approve $1?", on: "bottom", lines: 2, match: ["^Run `([^`]+)`\\?$"] },
    { id: "working", state: "busy", on: "title", match: ["^⠋ "] },
    { id: "at-rest", state: "idle", on: "bottom", lines: 2, match: ["^❯$"] },
  ],
};
/** Each `read` waits for a key. */
const PROGRAM = [
  "stty -echo",
  "printf '\\033[2J\\033[H\\033]0;agent\\007❯\\n'; read go",
  "printf '\\033[2J\\033[H\\033]0;⠋ agent\\007working\\n'; read go",
  "printf '\\033[2J\\033[H\\033]0;agent\\007Run `npm install`?\\n❯ 1. Yes\\n'; read go",
  "printf '\\033[2J\\033[HRun `npm install`?\\nThat was it.\\n❯\\n'; read go; sleep 1000",
].join("; ");

describe("the screen of a docker bottle", await requireDocker(), () => {
  let bottles: PlainBottles;
  let ending: AbortController;
  let events: BackendEvent[];
  let input: Duplex | undefined;
  beforeEach(() => {
    bottles = plainBottles();
    ending = new AbortController();
    events = [];
  });
  afterEach(async () => {
    ending.abort();
    input?.destroy();
    await bottles.end();
  });

  const run = async (rules: unknown): Promise<Container> => {
    const { agent } = bottles.prepare("one");
    if (rules !== undefined) writeFileSync(agent.screenRules, JSON.stringify(rules));
    const container = await bottles.run("one", ["/bin/sh", "-c", PROGRAM]);
    input = (await container.attach({ stream: true, stdin: true, hijack: true })) as Duplex;
    return container;
  };
  const watch = () => watchBottles(bottles.context, (event) => events.push(event), ending.signal);
  const activities = () => events.flatMap((event) => (event.type === "activity" ? [event] : []));
  const read = () =>
    activities().flatMap(({ authority, activity, rule }) =>
      authority === "terminal" ? [] : [`${activity} ${authority} ${rule}`],
    );
  const ask = () => activityOf(bottles.context, "one", new AbortController().signal);

  test("tells each state as it is drawn, and takes no prose for a prompt", { timeout: 60_000 }, async () => {
    await run(RULES);
    await watch();
    const expected = ["idle screen at-rest", "busy title working", "waiting screen approval", "idle screen at-rest"];
    for (const [index] of expected.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one key after the other
      await expect.poll(read, PATIENCE).toEqual(expected.slice(0, index + 1));
      input?.write("\r");
    }
    expect(activities()).toContainEqual(
      expect.objectContaining({ activity: "waiting", detail: "approve npm install?", evidence: "Run `npm install`?" }),
    );
  });

  test("is not called lost when the agent ends", { timeout: 60_000 }, async () => {
    const container = await run(RULES);
    await watch();
    await expect.poll(read, PATIENCE).toEqual(["idle screen at-rest"]);
    await container.kill();
    const phases = () => events.flatMap((event) => (event.type === "run-status" ? [event.status.phase] : []));
    await expect.poll(phases, PATIENCE).toEqual(["running", "exited"]);
    expect(activities().map(({ activity }) => activity)).not.toContain("unknown");
  });

  test("is read for one question too, from the end of the log", { timeout: 60_000 }, async () => {
    const container = await run(RULES);
    const shown = async () => (await ask())?.find(({ authority }) => authority !== "terminal");
    await expect.poll(shown, PATIENCE).toMatchObject({ activity: "idle", rule: "at-rest" });
    input?.write("\r");
    await expect.poll(shown, PATIENCE).toMatchObject({ activity: "busy", authority: "title" });
    input?.write("\r");
    await expect.poll(shown, PATIENCE).toMatchObject({ activity: "waiting", detail: "approve npm install?" });
    expect(await lookAt(bottles.context, "one")).toMatchObject({ title: "agent" });
    await container.kill();
    await expect.poll(() => lookAt(bottles.context, "one"), PATIENCE).toBeUndefined();
  });

  test("is told by its movements alone where there are no rules", { timeout: 60_000 }, async () => {
    await run(undefined);
    await watch();
    await expect.poll(() => activities().at(-1), PATIENCE).toMatchObject({ activity: "idle", authority: "terminal" });
    input?.write("\r");
    await expect
      .poll(
        () =>
          activities()
            .map(({ activity }) => activity)
            .slice(-2),
        PATIENCE,
      )
      .toEqual(["busy", "idle"]);
    expect(read()).toEqual([]);
    expect((await ask())?.map(({ authority }) => authority)).toEqual(["terminal"]);
  });
});
