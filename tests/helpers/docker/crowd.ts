// Many real containers that look like agents of bottles, with the state folders that belong to them: for the fleet, which
// looks at nothing else. Networks and sidecars they have none.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type Dockerode from "dockerode";

import { labels, namesOf } from "#backends/docker/names.ts";
import { connectEngine } from "#backends/docker/engine/connect.ts";
import { findEndpoint } from "#backends/docker/engine/find-endpoint.ts";
import { bottlePaths } from "#lib/paths.ts";

import { BASE_IMAGE } from "./base-image.ts";

export interface Crowd {
  readonly root: string;
  readonly slugs: readonly string[];
  readonly docker: Dockerode;
  start(slug: string): Promise<void>;
  /** Its agent ends at once, with code 137. */
  end(slug: string): Promise<void>;
  /** All containers, and the root folder. */
  remove(): Promise<void>;
}

export interface CrowdOptions {
  readonly count: number;
  /** The first so many are started; the others count as stopped. */
  readonly running: number;
  readonly env?: NodeJS.ProcessEnv;
  /** As metadata names the backend and the machine. */
  readonly backend?: string;
  readonly host?: string;
  /** A root folder that exists; it is left there. */
  readonly root?: string;
  readonly prefix?: string;
}

/** So many at a time: each start has several processes, and there are two cores. */
const AT_ONCE = 6;
const STARTED = Date.parse("2030-01-05T08:00:00Z");

export async function makeCrowd({
  count,
  running,
  env = process.env,
  backend = "docker",
  host = "local",
  root: given,
  prefix = "crowd",
}: CrowdOptions): Promise<Crowd> {
  const root = given ?? (await mkdtemp(join(tmpdir(), "bottle-crowd-")));
  const { docker } = connectEngine(findEndpoint({ kind: "environment" }, env), host);
  const slugs = Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(5, "0")}`);
  const of = (slug: string): Dockerode.Container => docker.getContainer(namesOf(slug).agent);
  const crowd: Crowd = {
    root,
    slugs,
    docker,
    start: async (slug) => void (await of(slug).start()),
    end: async (slug) => void (await of(slug).kill()),
    async remove() {
      await several(slugs, async (slug) => {
        await of(slug).remove({ force: true, v: true }).catch(unlessGone);
      });
      if (given === undefined) await rm(root, { recursive: true, force: true });
    },
  };
  try {
    await several(slugs, async (slug) => {
      const index = slugs.indexOf(slug);
      const at = new Date(STARTED + index * 1000).toISOString();
      await writeState(root, slug, { backend, host, at });
      await docker.createContainer(containerOf(root, slug));
      if (index < running) await crowd.start(slug);
      else await writeFile(bottlePaths(root, slug).agent.exit, JSON.stringify(stoppedAt(at)), { mode: 0o600 });
    });
  } catch (error) {
    await crowd.remove();
    throw error;
  }
  return crowd;
}

function containerOf(root: string, slug: string): Dockerode.ContainerCreateOptions {
  return {
    name: namesOf(slug).agent,
    Image: BASE_IMAGE,
    Cmd: ["/bin/sh", "-c", `echo ${slug} is up; exec sleep 3600`],
    Tty: true,
    OpenStdin: true,
    Labels: labels(root, slug, "agent"),
    HostConfig: {
      NetworkMode: "none",
      Memory: 32 * 1024 * 1024,
      PidsLimit: 16,
      LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
    },
  };
}

async function writeState(root: string, slug: string, more: { backend: string; host: string; at: string }) {
  const { metadata, agent } = bottlePaths(root, slug);
  await mkdir(agent.dir, { recursive: true, mode: 0o700 });
  const { backend, host, at } = more;
  const written = {
    identity: slug,
    agent_name: "crowd",
    cwd: "",
    copy_cwd: false,
    started_at: at,
    compose_project: "",
    backend,
    host,
    label: "",
    color: "",
    provider: "command",
    definition_digest: "",
    bottle: "crowd",
  };
  await writeFile(metadata, `${JSON.stringify(written)}\n`, { mode: 0o600 });
}

function stoppedAt(at: string) {
  return { at, exit_code: 0, signal: null, reason: "stopped" };
}

function unlessGone(error: unknown): void {
  if (!(error instanceof Error) || (error as { statusCode?: number }).statusCode !== 404) throw error;
}

async function several(slugs: readonly string[], work: (slug: string) => Promise<void>): Promise<void> {
  const waiting = slugs.values();
  const worker = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, several workers at once
    for (const slug of waiting) await work(slug);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
