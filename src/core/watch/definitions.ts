// What is wrong with the definitions and the settings, kept up to date while files change.

import { mkdir } from "node:fs/promises";

import { watch } from "chokidar";

import type { FleetEvent } from "#domain/fleet/event.ts";
import { rootPaths } from "#lib/paths.ts";

import { loadConfig } from "#core/definitions/load-config.ts";
import { loadDefinitions } from "#core/definitions/load.ts";
import { createReread } from "./reread.ts";
import { createProblems } from "./problems.ts";

/** Resolves when what is there was told; goes on until `signal` aborts. */
export async function watchDefinitions(
  { root, cwd }: { readonly root: string; readonly cwd: string },
  emit: (event: FleetEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { bottles, agents, config } = rootPaths(root);
  // A folder that is not there yet could not be watched.
  for (const folder of [bottles, agents]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const problems = createProblems(emit);
  let told = new Set<string>();
  const reread = createReread(async () => {
    const [definitions, settings] = await Promise.all([loadDefinitions({ root, cwd }), loadConfig(root)]);
    if (signal.aborted) return;
    const found = new Set<string>();
    for (const { path, line, message, field } of [...definitions.problems, ...settings.problems]) {
      const where = line === undefined ? path : `${path}:${line}`;
      const about = `${where} ${field ?? ""} ${message}`;
      found.add(about);
      problems.found(about, where, field === undefined ? message : `${field}: ${message}`);
    }
    for (const about of told) if (!found.has(about)) problems.solved(about);
    told = found;
  });
  const watcher = watch([bottles, agents, config], { depth: 0, ignoreInitial: true });
  watcher.on("all", () => void reread("definitions"));
  watcher.on("error", (error) => problems.found("watching", root, String(error)));
  signal.addEventListener("abort", () => void watcher.close(), { once: true });
  await reread("definitions");
}
