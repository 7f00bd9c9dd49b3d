// Which decisions' routes were used, in egress/uses.json. A `once` route is written down as used before its request goes
// out, so that neither a crash nor a full disk lets it through twice.

import { Uses } from "#domain/proposal/use.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { readChecked } from "#lib/store/read-checked.ts";

export interface UseRecord {
  /** Ids of decisions whose route was used at least once. */
  used(): ReadonlySet<string>;
  /** Resolves when the use is on the disk; rejects, and the use is not taken, when it cannot be written. */
  consume(decision: string, now: Date): Promise<void>;
  /** Written within a second: evidence for the operator, no guard. */
  note(decision: string, now: Date): void;
  flush(): Promise<void>;
}

const WRITE_EVERY_MS = 1000;

/** `spent` are taken for used when the file cannot be read: what cannot be known is not let through again. */
export async function openUses(
  path: string,
  spent: readonly string[],
  problem: (message: string) => void,
): Promise<UseRecord> {
  const read = await readChecked(path, Uses);
  const uses = new Map(Object.entries(read.state === "ok" ? read.value : {}));
  const used = new Set(uses.keys());
  if (read.state === "bad") {
    for (const decision of spent) used.add(decision);
    problem(`${path}: ${read.message}; every approval for one request counts as used`);
  }

  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const write = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.catch(() => {}).then(() => writeAtomic(path, `${JSON.stringify(Object.fromEntries(uses))}\n`));
    return writing;
  };
  const add = (decision: string, now: Date): void => {
    const before = uses.get(decision);
    const at = now.toISOString();
    uses.set(decision, { count: (before?.count ?? 0) + 1, first_at: before?.first_at ?? at, last_at: at });
    used.add(decision);
  };

  return {
    used: () => used,
    async consume(decision, now) {
      add(decision, now);
      try {
        await write();
      } catch (error) {
        uses.delete(decision);
        used.delete(decision);
        throw error;
      }
    },
    note(decision, now) {
      add(decision, now);
      timer ??= setTimeout(() => void write().catch((error: Error) => problem(error.message)), WRITE_EVERY_MS);
    },
    async flush() {
      if (timer !== undefined) await write().catch((error: Error) => problem(error.message));
      await writing.catch(() => {});
    },
  };
}
