// A bottle's state folder as fleet events: who it is, how it is confined, how it ended, what it used.

import type * as z from "zod";

import { AgentReport } from "#domain/fleet/agent-report.ts";
import type { FleetEvent } from "#domain/fleet/event.ts";
import { Isolation } from "#domain/fleet/isolation.ts";
import { Metadata } from "#domain/fleet/metadata.ts";
import { ExitRecord, type RunStatus } from "#domain/fleet/run-status.ts";
import { Uses } from "#domain/proposal/decision.ts";
import { bottlePaths } from "#lib/paths.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readChecked } from "#lib/store/read-checked.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

import { createReread } from "./reread.ts";
import type { Problems } from "./watch-problems.ts";
import type { Watched } from "./watch-queue.ts";

type Emit = (event: FleetEvent) => void;
type Read = (path: string) => Promise<void>;

export function watchState(of: QueueOf, emit: Emit, problems: Problems): Watched {
  const paths = bottlePaths(of.root, of.slug);
  const { slug } = of;
  let isFound = false;
  const readers: Readonly<Record<string, Read>> = {
    [paths.metadata]: reader(problems, Metadata, (metadata) => {
      isFound = true;
      emit({ type: "bottle-found", slug, metadata });
    }, () => {
      if (isFound) emit({ type: "bottle-removed", slug });
      isFound = false;
    }),
    [paths.isolation]: reader(problems, Isolation, (isolation) => emit({ type: "isolation", slug, isolation })),
    [paths.agent.exit]: reader(problems, ExitRecord, (exit) => emit({ type: "run-status", slug, status: statusOf(exit) })),
    [paths.agent.state]: reader(problems, AgentReport, ({ state, at }) =>
      emit({ type: "activity", slug, activity: state, at, authority: "agent" })),
    [paths.egress.uses]: reader(problems, Uses, (uses) => emit({ type: "uses", slug, uses })),
  };
  const reread = createReread((path) => readers[path]!(path));
  const folders = watchFolders(Object.keys(readers), [paths.state, paths.agent.dir, paths.egress.dir], (path) => void reread(path));
  const stop = (): void => folders.stop();
  return {
    ready: Promise.all(Object.keys(readers).map((path) => reread(path))).then(() => {}),
    stop,
    close() {
      stop();
      for (const path of Object.keys(readers)) problems.solved(path);
      if (isFound) emit({ type: "bottle-removed", slug });
    },
  };
}

/** Reads one file and says what it says, that it is bad, or that it is gone. */
function reader<S extends z.ZodType>(problems: Problems, schema: S, says: (value: z.infer<S>) => void, gone = () => {}): Read {
  return async (path) => {
    const read = await readChecked(path, schema);
    if (read.state === "bad") return problems.found(path, path, read.message);
    problems.solved(path);
    if (read.state === "ok") says(read.value);
    else gone();
  };
}

/** `changed` for each of `files`; a folder that comes later, or anew, is watched then. The first of `folders` holds the others. */
function watchFolders(files: readonly string[], [top, ...inner]: readonly [string, ...string[]], changed: (path: string) => void): { stop: () => void } {
  const stops = new Map<string, () => void>();
  const watchOne = (folder: string): void => {
    stops.get(folder)?.();
    const stop = watchFolder(folder, (name) => {
      const child = `${folder}/${name}`;
      if (folder === top && inner.includes(child)) {
        watchOne(child);
        for (const file of files) if (file.startsWith(`${child}/`)) changed(file);
      }
      for (const file of files) if (name === null ? file.startsWith(`${folder}/`) : file === child) changed(file);
    });
    stops.set(folder, stop);
  };
  for (const folder of [top, ...inner]) watchOne(folder);
  return {
    stop() {
      for (const stop of stops.values()) stop();
      stops.clear();
    },
  };
}

function statusOf({ at, exit_code, signal, reason }: ExitRecord): RunStatus {
  return reason === "stopped" ? { phase: "stopped", since: at } : { phase: "exited", since: at, exit_code, signal };
}
