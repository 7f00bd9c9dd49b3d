// Who answers what an agent asks its terminal (where the cursor is, what it can do). The engine holds the terminal and
// answers nothing; every viewer has an emulator that knows the answer, and one of them all may give it.

import { rmSync } from "node:fs";

import { createExclusive } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { identify, isRunning, readPidFile, removePidFile } from "#lib/process-identity.ts";

export interface Answerer {
  /** Answers that came before `begin` were to questions of the past: they are lost. */
  begin(): void;
  answer(data: string): void;
  /** Gives the office to whoever comes next. */
  end(): void;
}

/** Who in this process answers for a bottle: the first, as long as it stays. */
const holders = new Map<string, object>();

export function answerer({ agent }: BottlePaths, write: (data: string) => void): Answerer {
  const me = {};
  let live = false;
  let held = false;
  const holds = async (): Promise<boolean> => {
    if (holders.has(agent.answering) && holders.get(agent.answering) !== me) return false;
    holders.set(agent.answering, me);
    held ||= await claim(agent.answering);
    if (!held) holders.delete(agent.answering);
    return held;
  };
  return {
    begin() {
      live = true;
    },
    answer(data) {
      if (!live) return;
      if (held) return write(data);
      void holds().then(
        (mine) => {
          if (mine && live) write(data);
        },
        () => {}, // no answer rather than two
      );
    },
    end() {
      live = false;
      if (holders.get(agent.answering) === me) holders.delete(agent.answering);
      if (held) rmSync(agent.answering, { force: true });
      held = false;
    },
  };
}

/** False while another process that lives has it. */
async function claim(path: string): Promise<boolean> {
  const holder = readPidFile(path);
  if (holder !== undefined && isRunning(holder)) return holder.pid === process.pid;
  if (holder !== undefined) removePidFile(path);
  return createExclusive(path, `${process.pid} ${identify(process.pid)?.started ?? ""}\n`);
}
