// Everything that an engine holds of a bottle, asked by the engine's own command: our code may not see what it left.

import { execa } from "execa";

/** `container <name>`, `network <name>`, `volume <name>`, sorted. By name and by label. */
export async function dockerThings(_root: string, slug: string): Promise<string[]> {
  const found = await Promise.all([
    listed("container", ["ps", "--all", "--format", "{{.Names}}"], slug),
    listed("network", ["network", "ls", "--format", "{{.Name}}"], slug),
    listed("volume", ["volume", "ls", "--format", "{{.Name}}"], slug),
  ]);
  return [...new Set(found.flat())].sort();
}

async function listed(kind: string, ask: readonly string[], slug: string): Promise<string[]> {
  const filters = [`name=bottle-dash-${slug}`, `label=bottle-dash.slug=${slug}`];
  const answers = await Promise.all(filters.map((filter) => execa("docker", [...ask, "--filter", filter])));
  return answers.flatMap(({ stdout }) => stdout.split("\n").filter(Boolean)).map((name) => `${kind} ${name}`);
}
