// The backends there are: one line each, and one more for each further Docker daemon of config.yml.

import type { Backend } from "#contracts/backend.ts";
import type { DockerHost } from "#domain/config/docker-hosts.ts";
import { rootPaths } from "#lib/paths.ts";
import { readBounded } from "#lib/read-bounded.ts";

import { dockerBackend } from "./docker/index.ts";
import { localBackend } from "./local/index.ts";

export async function createBackends({ root, env }: { root: string; env: NodeJS.ProcessEnv }): Promise<Backend[]> {
  const hosts = Object.entries(await dockerHosts(root));
  return [
    localBackend({ root, env, mechanism: env["BOTTLE_SANDBOX"] }),
    dockerBackend({ root, env }),
    ...hosts.map(([name, { url, context }]) =>
      dockerBackend({
        root,
        env,
        host: { name, source: url === undefined ? { kind: "context", context: context ?? "" } : { kind: "url", url } },
      }),
    ),
  ];
}

/** What reads YAML is loaded only where there is something about Docker to read: every command waits for this. */
async function dockerHosts(root: string): Promise<Readonly<Record<string, DockerHost>>> {
  const path = rootPaths(root).config;
  const text = readOrNothing(path);
  if (!text.includes("docker")) return {};
  const { parseConfig } = await import("#domain/config/config.ts");
  const parsed = parseConfig(text, path);
  return parsed.ok ? parsed.value.docker.hosts : {}; // what is wrong with it, the console tells
}

function readOrNothing(path: string): string {
  try {
    return readBounded(path) ?? "";
  } catch {
    return "";
  }
}
