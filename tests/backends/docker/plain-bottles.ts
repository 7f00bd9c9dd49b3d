// Bottles without walls for tests of what is done with one that runs: a root folder, and plain containers with our labels.

import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Container, ContainerCreateOptions } from "dockerode";

import type { DockerContext } from "#backends/docker/context.ts";
import { connectEngine } from "#backends/docker/engine/connect.ts";
import { findEndpoint } from "#backends/docker/engine/find-endpoint.ts";
import { LABEL, labels, rootLabel } from "#backends/docker/names.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { BASE_IMAGE } from "#tests/helpers/docker/base-image.ts";

export interface PlainBottles {
  readonly context: DockerContext;
  /** The state folder alone. */
  prepare(slug: string): BottlePaths;
  /** A state folder and a container, created. */
  create(slug: string, command: readonly string[], more?: ContainerCreateOptions): Promise<Container>;
  /** The same, started. */
  run(slug: string, command: readonly string[], more?: ContainerCreateOptions): Promise<Container>;
  /** Removes all containers, also such as the test removed, and the root folder. */
  end(): Promise<void>;
}

export function plainBottles(): PlainBottles {
  const root = mkdtempSync(join(tmpdir(), "plain-bottles-"));
  const engine = connectEngine(findEndpoint({ kind: "environment" }, process.env), "local");
  const unused = (): never => {
    throw new Error("no image is made here");
  };
  const context: DockerContext = { root, name: "docker", engine, images: { ensure: unused, buildDockerfile: unused } };
  const bottles: PlainBottles = {
    context,
    prepare(slug) {
      const paths = bottlePaths(root, slug);
      mkdirSync(paths.agent.dir, { recursive: true, mode: 0o700 });
      const metadata = { identity: slug, agent_name: "test", started_at: new Date().toISOString(), backend: "docker" };
      writeFileSync(paths.metadata, JSON.stringify(metadata));
      return paths;
    },
    create(slug, command, more = {}) {
      bottles.prepare(slug);
      return engine.docker.createContainer({
        name: `bottle-dash-test-${randomUUID()}`,
        Image: BASE_IMAGE,
        Cmd: [...command],
        User: "node",
        WorkingDir: "/home/node",
        Env: ["HOME=/home/node", "TERM=xterm-256color", "PS1=$ "],
        Tty: true,
        OpenStdin: true,
        Labels: labels(root, slug, "agent"),
        ...more,
        HostConfig: {
          Init: true,
          NetworkMode: "none",
          CapDrop: ["ALL"],
          SecurityOpt: ["no-new-privileges"],
          ReadonlyRootfs: true,
          Tmpfs: { "/tmp": "mode=1777", "/home/node": "uid=1000,gid=1000" },
          LogConfig: { Type: "json-file", Config: { "max-size": "8m", "max-file": "2" } },
          ...more.HostConfig,
        },
      });
    },
    async run(slug, command, more) {
      const container = await bottles.create(slug, command, more);
      await container.start();
      return container;
    },
    async end() {
      const left = await engine.docker.listContainers({
        all: true,
        filters: { label: [`${LABEL.root}=${rootLabel(root)}`] },
      });
      await Promise.all(left.map(({ Id }) => engine.docker.getContainer(Id).remove({ force: true, v: true })));
      rmSync(root, { recursive: true, force: true });
    },
  };
  return bottles;
}
