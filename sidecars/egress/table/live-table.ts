// The route table in force: read from routes.yaml, replaced when the file changes, kept when the new one is bad.

import { readFileSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { sha256 } from "#lib/hash.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

export interface InForce {
  /** Counts the tables put in force; the first is 1. */
  readonly version: number;
  readonly table: RouteTable;
  /** SHA-256 of the text that it was read from. */
  readonly digest: string;
  /** Why the newest file is not in force. */
  readonly error?: string;
}

export interface LiveTable {
  current(): InForce;
  /** Reads the file again; `changed` is called when another table came into force. */
  reload(): void;
  close(): void;
}

const SIZE_LIMIT = 1_048_576;
const CLOSED: RouteTable = { version: 1, on_unknown_host: "block", hold_seconds: 1, hosts: {}, routes: [] };

/** Without a readable file at the start nothing is allowed, and `error` says why. */
export function openLiveTable(
  path: string,
  on: { changed: (now: InForce, before: InForce) => void; bad: (reason: string) => void },
): LiveTable {
  let inForce = first(path);
  if (inForce.error !== undefined) on.bad(inForce.error);

  const reload = (): void => {
    const read = readTable(path);
    if ("error" in read) {
      if (read.error === inForce.error) return;
      inForce = { ...inForce, error: read.error };
      return on.bad(read.error);
    }
    const before = inForce;
    if (read.digest === before.digest) {
      inForce = { version: before.version, table: before.table, digest: before.digest };
      return;
    }
    inForce = { version: before.version + 1, table: read.table, digest: read.digest };
    on.changed(inForce, before);
  };

  const name = basename(path);
  const stopWatching = watchFolder(dirname(path), (changed) => {
    if (changed === null || changed === name) reload();
  });
  reload(); // what changed between the first reading and the watch
  return { current: () => inForce, reload, close: stopWatching };
}

type Read = { readonly table: RouteTable; readonly digest: string } | { readonly error: string };

function first(path: string): InForce {
  const read = readTable(path);
  if (!("error" in read)) return { version: 1, ...read };
  return { version: 1, table: CLOSED, digest: sha256(renderRouteTable(CLOSED)), error: read.error };
}

function readTable(path: string): Read {
  try {
    // Looked at first: a file of any size would be read into memory whole. A name is never more than a regular file.
    const { size } = statSync(path);
    if (size > SIZE_LIMIT) return { error: `${path}: is larger than 1 MiB` };
    const text = readFileSync(path, "utf8");
    return { table: parseRouteTable(text, path), digest: sha256(text) };
  } catch (error) {
    if (error instanceof BottleError) return { error: error.message };
    return { error: `${path}: ${error instanceof Error ? error.message : "cannot be read"}` };
  }
}
