// Two real daemons in one dashboard: the one that goes down costs its own rows their freshness, and nothing else.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { connectEngine } from "#backends/docker/engine/connect.ts";
import { parseEndpoint } from "#backends/docker/engine/endpoint.ts";
import { writeTar } from "#backends/docker/images/tar.ts";
import type { ListRow } from "#modes/json/schemas.ts";
import { dockerHost, requireDocker } from "#tests/helpers/docker.ts";
import { makeCrowd, type Crowd } from "#tests/helpers/docker/crowd.ts";
import { COMMAND, openRoot } from "#tests/helpers/own-root.ts";
import { openPtyScreen, type PtyScreen } from "#tests/helpers/pty-screen.ts";
import { requirement } from "#tests/helpers/require.ts";

const docker = await requireDocker();
const ownDaemon = requirement("docker", () => {
  if (process.getuid?.() !== 0) return "only root can start a daemon";
  const found = spawnSync("sh", ["-c", "command -v dockerd && command -v unshare"]).status === 0;
  return found ? undefined : "there is no dockerd here to start another one of";
});

describe("two daemons", docker, () => {
  describe("in one dashboard", ownDaemon, () => {
    let folder: string;
    let second: ChildProcess;
    let here: Crowd;
    let there: Crowd | undefined;
    let screen: PtyScreen;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "two-hosts-"));
      second = await startDaemon(folder);
      await importImage(urlOf(folder));
      here = await makeCrowd({ count: 2, running: 2, prefix: "here" });
      await writeFile(join(here.root, "config.yml"), `docker: {hosts: {lab: {url: '${urlOf(folder)}'}}}\n`);
      const lab = { backend: "docker:lab", host: "lab", root: here.root, prefix: "there" };
      there = await makeCrowd({ count: 2, running: 0, env: { DOCKER_HOST: urlOf(folder) }, ...lab });
      screen = openPtyScreen({
        file: COMMAND[0],
        args: [COMMAND[1]],
        cols: 200,
        rows: 50,
        env: { BOT_BOTTLE_ROOT: here.root, DOCKER_HOST: dockerHost(), NO_COLOR: "1", CI: undefined },
      });
    }, 120_000);
    afterAll(async () => {
      await screen?.close();
      await there?.remove().catch(() => {}); // its daemon is gone, and all that it had with the folder
      await here?.remove();
      await stopDaemon(second);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }, 120_000);

    const rowOf = (slug: string): string => screen.rows().find((row) => row.includes(slug)) ?? "";

    it("lists the bottles of both, each with its host", async () => {
      const own = await openRoot({ BOT_BOTTLE_ROOT: here.root });
      const rows = await own.json<ListRow[]>("list");
      await own.close();
      expect(rows.map(({ slug, host }) => `${slug} ${host}`).toSorted()).toEqual([
        "here-00000 local",
        "here-00001 local",
        "there-00000 lab",
        "there-00001 lab",
      ]);
      await screen.waitFor("2 hosts", 30_000);
      await screen.waitFor(/here-00000 .*@local/);
      await screen.waitFor(/there-00000 .*@lab/);
    });

    it("marks the rows of the one that goes down, keeps them, and goes on with the other's", async () => {
      await stopDaemon(second);
      await screen.waitFor("lab unreachable", 30_000);
      await screen.waitFor(/~ stopped .*there-00000 .*@lab stale/);
      await screen.waitFor("! lab is unreachable");
      expect(rowOf("here-00000")).not.toContain("stale");

      await here.end("here-00000");
      await screen.waitFor(/crashed .*here-00000/, 20_000);
    });

    it("has them back when it is up again", async () => {
      second = await startDaemon(folder);
      await screen.waitUntil(() => !screen.text().includes("lab unreachable"), "the host is back", 60_000);
      await screen.waitUntil(() => /■ stopped .*@lab/.test(rowOf("there-00000")), "its rows are fresh");
      expect(screen.text()).not.toContain("stale");
    });
  });
});

function urlOf(folder: string): string {
  return `unix://${join(folder, "docker.sock")}`;
}

/** In a network namespace of its own: a daemon without bridges removes docker0, which is another daemon's here. */
async function startDaemon(folder: string): Promise<ChildProcess> {
  const place = ["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec")];
  const network = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--storage-driver=vfs"];
  const listen = ["--host", urlOf(folder), "--pidfile", join(folder, "docker.pid")];
  const daemon = spawn("unshare", ["--net", "dockerd", ...place, ...network, ...listen], { stdio: "ignore" });
  const engine = connectEngine(parseEndpoint(urlOf(folder), "test", undefined), "test");
  await vi.waitFor(() => engine.docker.ping(), { timeout: 60_000, interval: 200 });
  return daemon;
}

/** In order, so that it takes its own containerd and mounts with it. */
async function stopDaemon(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const gone = new Promise((resolve) => daemon.once("exit", resolve));
  daemon.kill("SIGTERM");
  await gone;
}

/** With nothing in it, under the name that the crowd is made from: there is no registry to ask. */
async function importImage(url: string): Promise<void> {
  const { docker: engine } = connectEngine(parseEndpoint(url, "test", undefined), "test");
  const nothing = Readable.from(writeTar([{ type: "folder", path: "tmp", mode: 0o755 }]));
  const imported = await engine.importImage(nothing, { repo: "node", tag: "24-slim" });
  await new Promise((resolve) => imported.on("end", resolve).resume());
}
