// Two real daemons, each a host of one fleet: what one of them does costs nobody else's bottles.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { connectEngine } from "#backends/docker/engine/connect.ts";
import { parseEndpoint } from "#backends/docker/engine/endpoint.ts";
import { writeTar } from "#backends/docker/images/tar.ts";
import { labels } from "#backends/docker/names.ts";
import { createBackends } from "#backends/registry.ts";
import type { Backend, BackendEvent } from "#contracts/backend.ts";
import { dockerHost, requireDocker } from "#tests/helpers/docker.ts";
import { requirement } from "#tests/helpers/require.ts";

const asRoot = requirement("docker", () => {
  if (process.getuid?.() !== 0) return "only root can start a daemon";
  const found = spawnSync("sh", ["-c", "command -v dockerd && command -v unshare"]).status === 0;
  return found ? undefined : "there is no dockerd here to start another one of";
});

describe("two daemons", asRoot, async () => {
  describe("of one fleet", await requireDocker(), () => {
    let folder: string;
    let root: string;
    let second: ChildProcess | undefined;
    let local: Backend;
    let lab: Backend;
    const stop = new AbortController();
    const events: BackendEvent[] = [];
    const hosts = (): string[] =>
      events.flatMap((event) => (event.type === "host" ? [`${event.host} ${event.up ? "up" : "down"}`] : []));

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "two-daemons-"));
      root = join(folder, "root");
      await startSecond();
      await container(dockerHost(), "one-abc12");
      await container(secondUrl(), "two-abc12");
      metadata("one-abc12", "docker");
      metadata("two-abc12", "docker:lab");
      writeFileSync(join(root, "config.yml"), `docker: {hosts: {lab: {url: '${secondUrl()}'}}}\n`);
      const backends = await createBackends({ root, env: { DOCKER_HOST: dockerHost() } });
      [local, lab] = ["docker", "docker:lab"].map((name) => backends.find((backend) => backend.name === name)!) as [
        Backend,
        Backend,
      ];
    }, 60_000);
    afterAll(async () => {
      stop.abort();
      await stopSecond();
      const { docker } = engineAt(dockerHost());
      await docker.getContainer(nameOf("one-abc12")).remove({ force: true });
      await docker.getImage(imageName()).remove({ force: true });
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    test("are two hosts, and each lists its own bottles", async () => {
      expect([local.host, lab.host]).toEqual(["local", "lab"]);
      expect(await lab.probe()).toMatchObject({ available: true });
      expect(await local.list()).toMatchObject([{ slug: "one-abc12" }]);
      expect(await lab.list()).toMatchObject([{ slug: "two-abc12" }]);
    });

    test("of which one goes down lose that one's rows alone, and get them back", async () => {
      await Promise.all([local, lab].map((backend) => backend.watch((event) => void events.push(event), stop.signal)));
      expect(hosts().toSorted()).toEqual(["lab up", "local up"]);

      await stopSecond();
      await vi.waitFor(() => expect(hosts()).toContain("lab down"), 20_000);
      await expect(lab.list()).rejects.toMatchObject({ code: "unavailable", where: "docker:lab" });
      expect(await lab.probe()).toMatchObject({ available: false });
      expect(await local.list()).toMatchObject([{ slug: "one-abc12" }]);

      await startSecond();
      await vi.waitFor(() => expect(hosts().filter((host) => host === "lab up")).toHaveLength(2), 30_000);
      expect(await lab.list()).toMatchObject([{ slug: "two-abc12" }]);
      expect(hosts()).not.toContain("local down");
    }, 90_000);

    const secondUrl = (): string => `unix://${join(folder, "docker.sock")}`;
    const imageName = (): string => `two-daemons-${process.pid}`;
    const nameOf = (slug: string): string => `bottle-dash-two-daemons-${process.pid}-${slug}`;
    const engineAt = (url: string) => connectEngine(parseEndpoint(url, "test", undefined), "test");

    /** In a network namespace of its own: a daemon without bridges removes docker0, which is another daemon's here. */
    async function startSecond(): Promise<void> {
      const place = ["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec")];
      const network = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--storage-driver=vfs"];
      const listen = ["--host", secondUrl(), "--pidfile", join(folder, "docker.pid")];
      second = spawn("unshare", ["--net", "dockerd", ...place, ...network, ...listen], { stdio: "ignore" });
      const { docker } = engineAt(secondUrl());
      await vi.waitFor(() => docker.ping(), { timeout: 40_000, interval: 200 });
    }

    async function stopSecond(): Promise<void> {
      if (second === undefined || second.exitCode !== null) return;
      const gone = new Promise((resolve) => second?.once("exit", resolve));
      second.kill("SIGTERM");
      await gone;
    }

    /** An agent's container that was never started, from an image with nothing in it. */
    async function container(url: string, slug: string): Promise<void> {
      const { docker } = engineAt(url);
      const nothing = Readable.from(writeTar([{ type: "folder", path: "tmp", mode: 0o755 }]));
      const imported = await docker.importImage(nothing, { repo: imageName() });
      await new Promise((resolve) => imported.on("end", resolve).resume());
      await docker.createContainer({
        name: nameOf(slug),
        Image: imageName(),
        Cmd: ["/none"],
        Labels: labels(root, slug, "agent"),
      });
    }

    function metadata(slug: string, backend: string): void {
      mkdirSync(join(root, "state", slug), { recursive: true });
      const content = { identity: slug, agent_name: "a", started_at: new Date().toISOString(), backend };
      writeFileSync(join(root, "state", slug, "metadata.json"), JSON.stringify(content));
    }
  });
});
