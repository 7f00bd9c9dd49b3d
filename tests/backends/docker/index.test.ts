import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { dockerBackend } from "#backends/docker/index.ts";
import { createBackends } from "#backends/registry.ts";
import type { Backend, BackendEvent, BottleSpec } from "#contracts/backend.ts";

import { fakeDaemon, json, NO_DAEMON, type FakeDaemon } from "./fake-daemon.ts";

let root: string;
let stop: AbortController;
let daemon: FakeDaemon;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "docker-index-"));
  stop = new AbortController();
  daemon = await fakeDaemon({
    "GET /info": (response) =>
      json(response, {
        ServerVersion: "20.10.24",
        Runtimes: { runc: {}, runsc: {} },
        SecurityOptions: ["name=seccomp,profile=default"],
        NCPU: 2,
        MemTotal: 4 * 2 ** 30,
      }),
    "GET /containers/json": (response) => json(response, []),
  });
});
afterEach(async () => {
  stop.abort();
  await daemon.remove();
  rmSync(root, { recursive: true, force: true });
});

const backendAt = (host: string): Backend => dockerBackend({ root, env: { DOCKER_HOST: host } });

/** As a launch of bottle-dash writes it, or bot-bottle with no backend named. */
function bottle(slug: string, backend?: string): void {
  mkdirSync(join(root, "state", slug), { recursive: true });
  const metadata = { identity: slug, agent_name: "a", started_at: new Date().toISOString() };
  writeFileSync(
    join(root, "state", slug, "metadata.json"),
    JSON.stringify(backend === undefined ? metadata : { ...metadata, backend }),
  );
}

describe("the docker backend", () => {
  test("asks no daemon for a list or a watch where no bottle is of its own", async () => {
    bottle("local-abc12", "local");
    bottle("other-abc12", "docker:lab");
    const backend = backendAt(daemon.url);
    expect(await backend.list()).toEqual([]);
    await backend.watch(() => {}, stop.signal);
    expect(daemon.asked).toEqual([]);
  });

  test("has a bottle whose metadata names no backend, as bot-bottle's do not", async () => {
    bottle("one-abc12");
    expect(await backendAt(daemon.url).list()).toMatchObject([{ slug: "one-abc12" }]);
  });

  test("whose daemon is down fails to list with why, and says so to whoever watches", async () => {
    bottle("one-abc12", "docker");
    const backend = backendAt(NO_DAEMON);
    await expect(backend.list()).rejects.toMatchObject({ code: "unavailable" });
    const events: BackendEvent[] = [];
    await backend.watch((event) => void events.push(event), stop.signal);
    expect(events).toContainEqual(expect.objectContaining({ type: "host", host: "local", up: false }));
  });

  test("begins to watch its daemon when the first bottle of its own appears", async () => {
    const events: BackendEvent[] = [];
    const backend = backendAt(NO_DAEMON);
    await backend.watch((event) => void events.push(event), stop.signal);
    bottle("other-abc12", "local");
    bottle("one-abc12", "docker");
    await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ type: "host", up: false })), 10_000);
  });

  test("is probed without throwing, whatever DOCKER_HOST says", async () => {
    expect(await backendAt(daemon.url).probe()).toMatchObject({
      available: true,
      version: "20.10.24",
      mechanism: "docker 20.10.24 (runc, runsc)",
      weaknesses: [
        expect.stringContaining("no docker-init"),
        expect.stringContaining("uid 1000 here"),
        expect.stringContaining("no longer maintained"),
      ],
    });
    expect(await backendAt(NO_DAEMON).probe()).toMatchObject({
      available: false,
      why: "there is no Docker daemon at unix:///nonexistent/docker.sock",
      hint: expect.stringContaining("install Docker") as string,
    });
    expect(await backendAt("unix://relative").probe()).toMatchObject({ available: false });
  });

  test("plans what the daemon can do, and makes nothing", async () => {
    const plan = await backendAt(daemon.url).plan(
      spec({ runtime: "runsc", resources: { memory: 2 ** 30, cpus: 1.5 } }),
    );
    expect(plan.mechanism).toBe("docker 20.10.24 (runsc)");
    expect(plan.enforces).toEqual(
      expect.arrayContaining(["at most 512 processes", "at most 1024 MiB of memory", "at most 1.5 cpus"]),
    );
    expect(plan.enforces.filter((text) => /privileges|system calls/.test(text))).toEqual([]); // gVisor's own word
    expect(daemon.asked).toEqual(["GET /info"]);
  });

  test.each([
    [{ runtime: "kata" }, "unavailable", /no runtime "kata"; it has runc, runsc/],
    [{ resources: { cpus: 3 } }, "invalid", /3 cpus are more than the daemon's 2/],
    [{ resources: { memory: 8 * 2 ** 30 } }, "invalid", /8192 MiB of memory are more than the daemon's 4096 MiB/],
    [{ image: { kind: "ours", name: "none" } }, "invalid", /no image "none"/],
    [{ image: { kind: "dockerfile", path: "/nonexistent/Dockerfile" } }, "invalid", /Dockerfile: is not there/],
  ] as const)("refuses in the plan what a launch could not do: %j", async (asked, code, message) => {
    await expect(backendAt(daemon.url).plan(spec(asked))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});

describe("the backends", () => {
  const names = async (): Promise<string[]> =>
    (await createBackends({ root, env: {} })).map(({ name, host }) => `${name} on ${host}`);

  test("are local and docker without a config.yml, or where it is malformed", async () => {
    expect(await names()).toEqual(["local on local", "docker on local"]);
    writeFileSync(join(root, "config.yml"), "docker: {hosts: {lab: {}}}\n");
    expect(await names()).toEqual(["local on local", "docker on local"]);
  });

  test("are one more for each daemon of config.yml, which is a host of its own", async () => {
    writeFileSync(join(root, "config.yml"), `docker: {hosts: {lab: {url: '${daemon.url}'}, far: {context: gone}}}\n`);
    expect(await names()).toEqual(["local on local", "docker on local", "docker:lab on lab", "docker:far on far"]);
    const [, , lab, far] = await createBackends({ root, env: { DOCKER_CONFIG: root } });
    expect(await lab!.probe()).toMatchObject({ available: true });
    expect(await far!.probe()).toMatchObject({ available: false, why: 'there is no docker context "gone"' });
  });
});

function spec(more: Partial<BottleSpec>): BottleSpec {
  return {
    slug: "one-abc12",
    program: undefined,
    cwd: "/home/node",
    argv: ["sh"],
    env: {},
    files: [],
    copyCwd: undefined,
    resources: {},
    supervise: true,
    secrets: {},
    upstreamCa: undefined,
    resume: false,
    image: { kind: "ours", name: "bare" },
    runtime: undefined,
    gitGate: undefined,
    upstreamSockets: [],
    ...more,
  };
}
