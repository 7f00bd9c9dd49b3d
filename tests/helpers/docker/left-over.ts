// What of a root folder stands in an engine: containers, networks and volumes with its label.

import { execa } from "execa";

import { LABEL, rootLabel } from "#backends/docker/names.ts";

export interface Standing {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

export const NOTHING: Standing = { containers: [], networks: [], volumes: [] };

/** By name. */
export async function standingOf(root: string): Promise<Standing> {
  const filter = ["--filter", `label=${LABEL.root}=${rootLabel(root)}`];
  const [containers, networks, volumes] = await Promise.all([
    names("ps", "--all", "--format", "{{.Names}}", ...filter),
    names("network", "ls", "--format", "{{.Name}}", ...filter),
    names("volume", "ls", "--format", "{{.Name}}", ...filter),
  ]);
  return { containers, networks, volumes };
}

/** For the end of a test that failed half-way. */
export async function removeAll(root: string): Promise<void> {
  const { containers, networks, volumes } = await standingOf(root);
  if (containers.length > 0) await execa("docker", ["rm", "--force", "--volumes", ...containers]);
  if (networks.length > 0) await execa("docker", ["network", "rm", ...networks]);
  if (volumes.length > 0) await execa("docker", ["volume", "rm", "--force", ...volumes]);
}

/** Volumes that its containers use, the nameless ones of an image included. */
export async function volumesUsedIn(root: string): Promise<string[]> {
  const { containers } = await standingOf(root);
  if (containers.length === 0) return [];
  const format = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}\n{{end}}{{end}}';
  return [...new Set(await names("inspect", "--format", format, ...containers))];
}

export async function volumesThatStand(wanted: readonly string[]): Promise<string[]> {
  const all = await names("volume", "ls", "--format", "{{.Name}}");
  return wanted.filter((name) => all.includes(name));
}

async function names(...args: string[]): Promise<string[]> {
  const { stdout } = await execa("docker", args);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .toSorted();
}
