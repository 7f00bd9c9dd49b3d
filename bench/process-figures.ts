// What the kernel says of one process: memory, and processor time used.

import { readFileSync } from "node:fs";

const TICKS_A_SECOND = 100; // USER_HZ, the same on every Linux that Node runs on

/** Megabytes. */
export function residentMemory(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  if (line === null) throw new Error(`process ${pid} is gone`);
  return Number(line[1]) / 1024;
}

/** Megabytes of the process's own, and its share of what it has together with others. */
export function proportionalMemory(pid: number): number {
  const line = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"));
  if (line === null) throw new Error(`process ${pid} is gone`);
  return Number(line[1]) / 1024;
}

/** Seconds of processor time, user and system. */
export function processorTime(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
