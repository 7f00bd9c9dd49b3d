// Keeps the Dockerfile that the agent sees up to date: the one that was approved last, else the one of its launch.

import { chmod, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";

import { isErrno, writeAtomic } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { watchFolder } from "#lib/store/watch-folder.ts";

/**
 * Resolves when the file is there, if there is one to show; then follows each approval. What the launcher put there is
 * remembered beside it, for when an approval is taken back.
 */
export async function keepCurrentDockerfile(
  { agent, supervise }: BottlePaths,
  tell: (problem: string) => void,
): Promise<() => void> {
  const launched = join(supervise.dir, "Dockerfile");
  const current = supervise.currentDockerfile;
  let shown: string | undefined;
  const show = async (): Promise<void> => {
    const approved = await textOf(agent.dockerfile);
    const wanted = approved ?? (await textOf(launched));
    // Nothing of ours stands there: what does is the launcher's, and stays.
    if (wanted === undefined && shown === undefined) return;
    if (wanted === shown) return;
    if (wanted === undefined) await rm(current, { force: true });
    else {
      await writeAtomic(current, wanted, 0o644);
      await chmod(current, 0o644); // the agent is another user
    }
    shown = wanted;
  };
  const remember = async (): Promise<void> => {
    if ((await textOf(agent.dockerfile)) !== undefined) return;
    const text = await textOf(current);
    if (text === undefined) await rm(launched, { force: true });
    else await writeAtomic(launched, text);
  };
  const told = (error: unknown): void =>
    tell(`the agent's Dockerfile is not up to date: ${error instanceof Error ? error.message : String(error)}`);
  let turn = remember().then(show).catch(told);
  const stop = watchFolder(agent.dir, (name) => {
    if (name === null || name === basename(agent.dockerfile)) turn = turn.then(show).catch(told);
  });
  await turn;
  return stop;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
