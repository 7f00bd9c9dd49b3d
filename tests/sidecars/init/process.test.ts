// The real init with real children.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";

import { READY_LINE } from "#domain/sidecars/bundle.ts";
import { isAlive, removeInits, startInit, type HealthReader } from "#tests/helpers/init-process.ts";

afterEach(removeInits);

const WAIT = { timeout: 10_000 };
const bothReady = (health: HealthReader) =>
  vi.waitFor(() => {
    expect(health.latest("egress")?.state).toBe("ready");
    expect(health.latest("supervise")?.state).toBe("ready");
  }, WAIT);

it("starts the daemons, says ready, and stops them on SIGTERM with exit code 0", async () => {
  const init = startInit({ egress: "steady", supervise: "steady" });
  const health = await init.health();
  await bothReady(health);
  await vi.waitFor(() => expect(init.output()).toContain(`\n${READY_LINE}\n`), WAIT);
  expect(readFileSync(init.paths.init.pid, "utf8")).toBe(`${init.process.pid}\n`);
  const pids = [health.latest("egress")?.pid ?? 0, health.latest("supervise")?.pid ?? 0];
  expect(pids.every(isAlive)).toBe(true);

  init.process.kill("SIGTERM");
  expect(await init.exit()).toEqual({ code: 0, signal: null });
  await health.closed;
  expect(pids.some(isAlive)).toBe(false);
  expect(existsSync(init.paths.init.socket)).toBe(false);
  expect(existsSync(init.paths.init.pid)).toBe(false);
  expect(health.seen.at(-1)?.map(({ state }) => state)).toEqual(["stopped", "stopped"]);
});

it("gives the tokens to egress alone, and shows no value of them anywhere", async () => {
  const init = startInit(
    { egress: "steady", supervise: "steady" },
    { EGRESS_TOKEN_0: "s3cr3t", SUPERVISE_X: "1", HOME: "/h" },
  );
  await bothReady(await init.health());
  await vi.waitFor(() => {
    expect(init.log("egress")).toContain('DAEMON: environment ["EGRESS_TOKEN_0","PATH"]');
    expect(init.log("supervise")).toContain('DAEMON: environment ["PATH","SUPERVISE_X"]');
  }, WAIT);
  expect(init.output()).not.toContain("s3cr3t");
});

it("captures each daemon's lines in its own log, and prefixed on its own output", async () => {
  const init = startInit({ egress: "steady" });
  await vi.waitFor(() => expect(init.log("egress")).toHaveLength(2), WAIT);
  expect(init.log("egress")[0]).toBe(`DAEMON: arguments ["--root","${init.root}","--slug","demo-abcde"]`);
  expect(init.output()).toContain("egress: DAEMON: arguments");
  expect(init.log("init")).toContain("egress is ready");
});

it("starts a killed daemon again, leaves the other alone, and records it in the audit log", async () => {
  const init = startInit({ egress: "steady", supervise: "steady" });
  const health = await init.health();
  await bothReady(health);
  const [egress, supervise] = [health.latest("egress")?.pid ?? 0, health.latest("supervise")?.pid ?? 0];

  process.kill(egress, "SIGKILL");
  await vi.waitFor(
    () => expect(health.latest("egress")).toMatchObject({ state: "ready", restarts: 1, last_exit: "SIGKILL" }),
    WAIT,
  );
  expect(health.latest("egress")?.pid).not.toBe(egress);
  expect(health.latest("supervise")?.pid).toBe(supervise);
  expect(
    health.seen.some((daemons) => daemons.some(({ name, state }) => name === "egress" && state === "backoff")),
  ).toBe(true);
  await vi.waitFor(() => {
    const entry = JSON.parse(readFileSync(init.paths.audit, "utf8").trim());
    expect(entry).toMatchObject({ actor: "sidecar:init", action: "sidecar-restarted", component: "egress" });
    expect(entry.detail).toBe("egress ended (SIGKILL) and was started again, restart 1");
  }, WAIT);
});

it("keeps trying with longer delays while a daemon crashes at once, and exits with its code", async () => {
  const init = startInit({ egress: "crashing" });
  const health = await init.health();
  await vi.waitFor(() => expect(health.latest("egress")?.restarts).toBeGreaterThanOrEqual(2), WAIT);
  init.process.kill("SIGTERM");
  expect((await init.exit()).code).toBe(3);
  expect(init.log("egress")[0]).toBe("DAEMON: I cannot go on");
  const delays = init.log("init").filter((text) => text.includes("again in"));
  expect(delays.slice(0, 2)).toEqual([expect.stringContaining("in 100 ms"), expect.stringContaining("in 200 ms")]);
});

it("kills a daemon that ignores SIGTERM after the grace period", async () => {
  const init = startInit({ egress: "stubborn", supervise: "steady" });
  const health = await init.health();
  await bothReady(health);
  const pid = health.latest("egress")?.pid ?? 0;
  init.process.kill("SIGINT");
  expect(await init.exit()).toEqual({ code: 0, signal: null });
  expect(isAlive(pid)).toBe(false);
  expect(init.log("init")).toContain("egress did not stop in time: killing it");
});

it("leaves no daemon behind when it is killed itself, not even one that ignores SIGTERM", async () => {
  const init = startInit({ egress: "stubborn", supervise: "steady" });
  const health = await init.health();
  await bothReady(health);
  const pids = [health.latest("egress")?.pid ?? 0, health.latest("supervise")?.pid ?? 0];
  init.process.kill("SIGKILL");
  await vi.waitFor(() => expect(pids.some(isAlive)).toBe(false), WAIT);
});

it("stops when asked on the health socket", async () => {
  const init = startInit({ supervise: "steady" });
  const health = await init.health();
  health.connection.send({ stop: true });
  await health.closed;
  expect((await init.exit()).code).toBe(0);
});

it("cuts off a client of the health socket that talks nonsense, and goes on", async () => {
  const init = startInit({ supervise: "steady" });
  const nonsense = await init.health();
  nonsense.connection.socket.write("GET / HTTP/1.1\r\n\r\n");
  await nonsense.closed;
  const health = await init.health();
  await vi.waitFor(() => expect(health.latest("supervise")?.state).toBe("ready"), WAIT);
});

it("passes SIGHUP to egress, and says on SIGUSR1 that there is no pipelock", async () => {
  const init = startInit({ egress: "steady" });
  const health = await init.health();
  await vi.waitFor(() => expect(health.latest("egress")?.state).toBe("ready"), WAIT);
  init.process.kill("SIGHUP");
  init.process.kill("SIGUSR1");
  await vi.waitFor(() => {
    expect(init.log("egress")).toContain("DAEMON: reloaded");
    expect(init.log("init")).toContain("asked to restart pipelock, but there is no pipelock in this bundle");
  }, WAIT);
});

it("leaks no descriptor over restarts", async () => {
  const init = startInit({ egress: "steady" });
  const health = await init.health();
  const descriptors = (): number => readdirSync(`/proc/${init.process.pid}/fd`).length;
  await vi.waitFor(() => expect(health.latest("egress")?.state).toBe("ready"), WAIT);
  const before = descriptors();
  for (let restart = 1; restart <= 3; restart += 1) {
    process.kill(health.latest("egress")?.pid ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(health.latest("egress")).toMatchObject({ state: "ready", restarts: restart }), WAIT);
  }
  await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before + 1), WAIT); // + 1: the audit file may be open
});

it("refuses a configuration that is none, with exit code 2", async () => {
  const init = startInit({}, {}, { config: '{"slug": "demo-abcde", "daemons": ["pipelock"]}' });
  expect((await init.exit()).code).toBe(2);
  expect(init.output()).toContain("standard input: root");
  expect(init.output()).toContain("daemons.0");
});
