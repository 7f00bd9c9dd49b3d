// The route table in force: read from routes.yaml, replaced when the file changes, kept when the new one is bad.
//
// A file that came by a rename is whole, and in force at once. One that is written in place (an editor, a copy) may be read
// when half of it is there, and half a table can be wider than the whole: it is taken when it was left alone for a moment.

import { basename, dirname } from "node:path";

import type { RouteTable } from "#domain/egress/route.ts";
import { renderRouteTable } from "#domain/egress/table.ts";
import { sha256 } from "#lib/hash.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

import { type FileState, isSame, readTable } from "./read-table.ts";

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

const SETTLE_MS = 200;
const CLOSED: RouteTable = { version: 1, on_unknown_host: "block", hold_seconds: 1, hosts: {}, routes: [] };

/** Without a readable file at the start nothing is allowed, and `error` says why. */
export function openLiveTable(
  path: string,
  on: { changed: (now: InForce, before: InForce) => void; bad: (reason: string) => void },
): LiveTable {
  let inForce: InForce = { version: 1, table: CLOSED, digest: sha256(renderRouteTable(CLOSED)) };
  /** The last that was read, in force or waiting to be. */
  let last: FileState | undefined;
  let settling: NodeJS.Timeout | undefined;

  const fail = (reason: string): void => {
    if (reason === inForce.error) return;
    inForce = { ...inForce, error: reason };
    on.bad(reason);
  };
  const take = (table: RouteTable, digest: string): void => {
    const before = inForce;
    const same = digest === before.digest;
    inForce = same
      ? { version: before.version, table: before.table, digest }
      : { version: before.version + 1, table, digest };
    if (!same) on.changed(inForce, before);
  };
  const look = (settled: boolean): void => {
    clearTimeout(settling);
    settling = undefined;
    const read = readTable(path);
    const before = last;
    last = read.state === "ok" ? read.file : undefined;
    if (read.state === "bad") {
      if (settled) fail(read.reason); // else it may be on its way
      if (settled && read.passing !== true) return;
    } else {
      const isLeftAlone = settled && before !== undefined && isSame(before, read.file);
      const isRenamed = before !== undefined && before.inode !== read.file.inode;
      if (isLeftAlone || isRenamed || read.digest === inForce.digest) return take(read.table, read.digest);
    }
    settling = setTimeout(() => look(true), SETTLE_MS).unref();
  };

  const first = readTable(path);
  if (first.state === "ok") {
    inForce = { version: 1, table: first.table, digest: first.digest };
    last = first.file;
  } else fail(first.reason);
  const name = basename(path);
  const stopWatching = watchFolder(dirname(path), (changed) => {
    if (changed === null || changed === name) look(false);
  });
  look(false); // what changed between the first reading and the watch
  return {
    current: () => inForce,
    reload: () => look(false),
    close() {
      clearTimeout(settling);
      stopWatching();
    },
  };
}
