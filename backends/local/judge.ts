// Whether a bottle's walls stand: what its entrypoint found inside, and what we see of it from outside.

import { readFileSync, readlinkSync } from "node:fs";

import type { IsolationCheck } from "#domain/fleet/isolation.ts";
import { treeOf } from "#lib/process-tree.ts";

/** The kernel's word on the processes of the bottle: who they are on this host, and that their namespaces are their own. */
export function outsideChecks(holder: number): IsolationCheck[] {
  const inside = treeOf(holder).filter((pid) => pid !== holder && isInNamespace(pid));
  return [notRoot(inside), ownNamespaces(inside)];
}

function notRoot(pids: readonly number[]): IsolationCheck {
  const found = pids.map((pid) => ({ pid, ids: idsOf(pid) }));
  const root = found.filter(({ ids }) => ids.length === 0 || ids.includes("0"));
  return {
    name: "not root on the host",
    required: true,
    ok: found.length > 0 && root.length === 0,
    evidence:
      found.map(({ pid, ids }) => `process ${pid}: ${[...new Set(ids)].join(", ")}`).join("; ") ||
      "no process was found",
  };
}

const NAMESPACES = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];

function ownNamespaces(pids: readonly number[]): IsolationCheck {
  const shared = pids.flatMap((pid) =>
    NAMESPACES.filter((name) => namespaceOf(pid, name) === namespaceOf("self", name)),
  );
  return {
    name: "namespaces of its own",
    required: true,
    ok: pids.length > 0 && shared.length === 0,
    evidence:
      shared.length === 0
        ? `${NAMESPACES.join(", ")}: its own`
        : `shared with the host: ${[...new Set(shared)].join(", ")}`,
  };
}

/** Uids and gids, real, effective, saved and of files. */
function idsOf(pid: number): string[] {
  const text = readOr(`/proc/${pid}/status`);
  return ["Uid", "Gid"].flatMap((name) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1]?.split(/\s+/) ?? []);
}

/** Below the process that made the namespaces: one that has another number inside. */
function isInNamespace(pid: number): boolean {
  return (/^NSpid:\s*(.*)$/m.exec(readOr(`/proc/${pid}/status`))?.[1]?.split(/\s+/) ?? []).length > 1;
}

/** Unreadable counts as shared: both sides then read as the same. */
function namespaceOf(pid: number | "self", name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${name}`);
  } catch {
    return pid === "self" ? "" : namespaceOf("self", name);
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
