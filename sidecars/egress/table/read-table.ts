// routes.yaml as it is on the disk at this moment, and whether it can be taken for whole.

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

import { BottleError } from "#domain/bottle-error.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { parseRouteTable } from "#domain/egress/table.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { sha256 } from "#lib/hash.ts";

export type ReadTable =
  | {
      readonly state: "ok";
      readonly table: RouteTable;
      /** SHA-256 of the text. */
      readonly digest: string;
      readonly file: FileState;
    }
  /** `passing`: it is the machine's fault, not the file's, and may be over soon: too many open files, no memory. */
  | { readonly state: "bad"; readonly reason: string; readonly passing?: boolean };

/** Which file it is and how it was left: the same again when nobody has written to it since. */
export interface FileState {
  readonly inode: bigint;
  readonly size: bigint;
  readonly written: bigint;
}

const SIZE_LIMIT = 1_048_576n;
const PASSING = ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EIO"];

export function readTable(path: string): ReadTable {
  let descriptor: number | undefined;
  try {
    // Not blocking: a pipe in its place would hang the proxy.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const before = fstatSync(descriptor, { bigint: true });
    if (!before.isFile()) return bad(path, "is no regular file");
    if (before.size > SIZE_LIMIT) return bad(path, "is larger than 1 MiB");
    const text = readFileSync(descriptor, "utf8");
    const after = fstatSync(descriptor, { bigint: true });
    if (!isSame(stateOf(before), stateOf(after))) return bad(path, "was written to while it was read");
    // A rule whose second half is not there yet would be a wider one; half a line is the cheapest sign of it.
    if (text !== "" && !text.endsWith("\n"))
      return bad(path, "does not end with a line feed, as if half of it were missing");
    return { state: "ok", table: parseRouteTable(text, path), digest: sha256(text), file: stateOf(after) };
  } catch (error) {
    if (error instanceof BottleError) return { state: "bad", reason: error.message };
    const passing = PASSING.some((code) => isErrno(error, code));
    return { ...bad(path, error instanceof Error ? error.message : "cannot be read"), passing };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export function isSame(one: FileState, other: FileState): boolean {
  return one.inode === other.inode && one.size === other.size && one.written === other.written;
}

function stateOf({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): FileState {
  return { inode: ino, size, written: mtimeNs };
}

function bad(path: string, what: string): Extract<ReadTable, { state: "bad" }> {
  return { state: "bad", reason: `${path}: ${what}` };
}
