// The engine as tests see it: by its own command, and by a context of the backend for what tests break on purpose.

import { execa } from "execa";

import { connectEngine } from "#backends/docker/engine/connect.ts";
import { findEndpoint } from "#backends/docker/engine/find-endpoint.ts";
import type { DockerContext } from "#backends/docker/context.ts";
import { createImages } from "#backends/docker/images/create-images.ts";
import { namesOf } from "#backends/docker/names.ts";

export function dockerContext(root: string): DockerContext {
  const engine = connectEngine(findEndpoint({ kind: "environment" }, process.env), "local");
  return { root, name: "docker", engine, images: createImages(engine, root) };
}

/** Standard output; rejects unless it exits 0. */
export async function docker(...args: string[]): Promise<string> {
  return (await execa("docker", args)).stdout;
}

/** Runs it in the agent's container as the agent's user; what it printed, whatever its exit. */
export async function inside(slug: string, ...argv: string[]): Promise<string> {
  const { all } = await execa("docker", ["exec", "--user", "node", namesOf(slug).agent, ...argv], {
    all: true,
    reject: false,
  });
  return all;
}

export async function inspect(name: string): Promise<Inspected> {
  const [found] = JSON.parse(await docker("inspect", name)) as Inspected[];
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

export interface Inspected {
  readonly Id: string;
  readonly State: { readonly Pid: number; readonly Running: boolean; readonly StartedAt: string };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string; readonly Gateway: string }>>;
  };
}
