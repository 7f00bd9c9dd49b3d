// How much memory a process has.

import { readFile } from "node:fs/promises";

const PAGE = 4096;

/** Resident, in bytes. */
export async function memoryOf(pid: number): Promise<number> {
  const [, resident = ""] = (await readFile(`/proc/${pid}/statm`, "utf8")).split(" ");
  return Number(resident) * PAGE;
}
