// Bottles of a daemon as they change: told as it happens, without asking again.

import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Duplex } from "node:stream";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { labels } from "#backends/docker/names.ts";
import { watchBottles } from "#backends/docker/watch.ts";
import type { BackendEvent } from "#contracts/backend.ts";
import { bottlePaths } from "#lib/paths.ts";
import { identify } from "#lib/process-identity.ts";
import { listenUnix } from "#lib/unix-socket.ts";
import { requireDocker } from "#tests/helpers/docker.ts";

import { plainBottles, type PlainBottles } from "./plain-bottles.ts";

const PATIENCE = { timeout: 10_000 };

describe("watching a daemon", await requireDocker(), () => {
  let bottles: PlainBottles;
  let ending: AbortController;
  let events: BackendEvent[];
  beforeEach(() => {
    bottles = plainBottles();
    ending = new AbortController();
    events = [];
  });
  afterEach(async () => {
    ending.abort();
    await bottles.end();
  });

  const watch = () => watchBottles(bottles.context, (event) => events.push(event), ending.signal);
  const phases = (slug: string) =>
    events.flatMap((event) => (event.type === "run-status" && event.slug === slug ? [event.status.phase] : []));

  test("tells the state of every bottle before it resolves", async () => {
    await bottles.run("runs", ["/bin/sleep", "1000"]);
    await (await bottles.run("ended", ["/bin/sh", "-c", "exit 5"])).wait();
    bottles.prepare("new");
    await watch();
    expect([phases("runs"), phases("ended"), phases("new")]).toEqual([["running"], ["exited"], ["starting"]]);
    expect(events).toContainEqual({ type: "host", host: "local", up: true, detail: "" });
  });

  test("follows a bottle from its launch to its end, and its next run", async () => {
    await watch();
    const { agent } = bottles.prepare("one");
    writeFileSync(agent.launcher, `${process.pid} ${identify(process.pid)?.started}\n`);
    await expect.poll(() => phases("one"), PATIENCE).toEqual(["starting"]);
    const container = await bottles.run("one", ["/bin/sh", "-c", "read go; exit 4"]);
    rmSync(agent.launcher);
    await expect.poll(() => phases("one"), PATIENCE).toEqual(["starting", "running"]);
    await container.kill();
    await expect.poll(() => phases("one"), PATIENCE).toEqual(["starting", "running", "exited"]);
    rmSync(agent.exit);
    await container.start();
    await expect.poll(() => phases("one").slice(3), PATIENCE).toContain("running");
  });

  test("tells the last line of the screen, and when there is life in it", async () => {
    const container = await bottles.run("one", [
      "/bin/bash",
      "-c",
      "echo before; read go; printf 'a\\033[31mb\\033[0m\\rXYZ'; sleep 1000",
    ]);
    await watch();
    await expect.poll(() => events, PATIENCE).toContainEqual({ type: "last-line", slug: "one", text: "before" });
    const input = (await container.attach({ stream: true, stdin: true, hijack: true })) as Duplex;
    input.write("\r");
    await expect.poll(() => events, PATIENCE).toContainEqual({ type: "last-line", slug: "one", text: "XYZ" });
    const activity = () => events.flatMap((event) => (event.type === "activity" ? [event.activity] : []));
    // What came first depends on whether it had written before it was looked at.
    await expect.poll(() => activity().slice(-2), PATIENCE).toEqual(["busy", "idle"]);
    input.destroy();
  });

  test("tells of sidecars by init's health, and of the end of their container", async () => {
    await bottles.run("one", ["/bin/sleep", "1000"]);
    const { init } = bottlePaths(bottles.context.root, "one");
    mkdirSync(init.dir, { recursive: true });
    const health = {
      daemons: [{ name: "egress", state: "backoff", pid: null, restarts: 1, last_exit: "exit code 1" }],
    };
    const server = createServer((socket) => void socket.write(`${JSON.stringify(health)}\n`));
    await listenUnix(server, init.socket);
    const sidecars = await bottles.context.engine.docker.createContainer({
      name: `bottle-dash-test-${randomUUID()}`,
      Image: "node:24-slim",
      Cmd: ["/bin/sleep", "1000"],
      Labels: labels(bottles.context.root, "one", "sidecars"),
      HostConfig: { NetworkMode: "none" },
    });
    await sidecars.start();
    await watch();
    const told = async (sidecar: string, up: boolean): Promise<void> => {
      const event = expect.objectContaining({ type: "sidecar", sidecar, up });
      await expect.poll(() => events, PATIENCE).toContainEqual(event);
    };
    await told("init", true);
    await told("egress", false);
    await sidecars.kill();
    await told("container", false);
    server.close();
  });

  test("forgets a bottle whose folder is removed, and says no more of it", async () => {
    await bottles.run("one", ["/bin/sleep", "1000"]);
    await watch();
    rmSync(bottlePaths(bottles.context.root, "one").state, { recursive: true });
    await bottles.run("two", ["/bin/sleep", "1000"]);
    await expect.poll(() => phases("two").at(-1), PATIENCE).toBe("running");
    expect(phases("one")).toEqual(["running"]);
  });
});
