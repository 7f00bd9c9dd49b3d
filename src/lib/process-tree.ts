// The processes below one, from /proc: who they are and what they use. Linux only.

import { readFileSync, readdirSync } from "node:fs";

import { statFields } from "./process-identity.ts";

const PAGE = 4096;
const TICKS_PER_SECOND = 100;

/** Direct children of `pid`, oldest first. */
export function childrenOf(pid: number): number[] {
  const children: number[] = [];
  for (const task of tasksOf(pid)) {
    const text = readOr(`/proc/${pid}/task/${task}/children`);
    for (const word of text.split(" ")) if (word !== "") children.push(Number(word));
  }
  return children.toSorted((a, b) => startOf(a) - startOf(b));
}

/** `pid` and everything below it. */
export function treeOf(pid: number): number[] {
  const found = [pid];
  for (let next = 0; next < found.length; next += 1) found.push(...childrenOf(found[next] as number));
  return found;
}

export interface Usage {
  /** Seconds of processor time, of the living and of their dead children. */
  readonly cpuSeconds: number;
  /** Resident bytes. */
  readonly memory: number;
}

export function usageOf(pids: Iterable<number>): Usage {
  let ticks = 0;
  let pages = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    if (fields === undefined) continue;
    for (const field of [11, 12, 13, 14]) ticks += Number(fields[field] ?? 0);
    pages += Math.max(0, Number(fields[21] ?? 0));
  }
  return { cpuSeconds: ticks / TICKS_PER_SECOND, memory: pages * PAGE };
}

function startOf(pid: number): number {
  return Number(statFields(pid)?.[19] ?? 0);
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return "";
  }
}
