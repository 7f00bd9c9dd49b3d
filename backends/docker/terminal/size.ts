// The size of an agent's terminal, which the engine does not tell: whoever changes it writes it down.

import * as z from "zod";

import { writeAtomic } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { readChecked } from "#lib/store/read-checked.ts";

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** What an agent's terminal has before anybody attached. */
const FIRST_SIZE: Size = { cols: 120, rows: 36 };
const LIMIT = 1000;
const Kept = z.object({ cols: z.int().min(1).max(LIMIT), rows: z.int().min(1).max(LIMIT) });

export async function readSize({ agent }: BottlePaths): Promise<Size> {
  const kept = await readChecked(agent.size, Kept);
  return kept.state === "ok" ? kept.value : FIRST_SIZE;
}

export async function keepSize({ agent }: BottlePaths, size: Size): Promise<void> {
  await writeAtomic(agent.size, `${JSON.stringify(size)}\n`);
}

/** What a terminal can have: the engine takes anything, an emulator does not. */
export function sizeWithin(cols: number, rows: number): Size | undefined {
  const size = Kept.safeParse({ cols, rows });
  return size.success ? size.data : undefined;
}
