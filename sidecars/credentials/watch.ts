// The credential watcher: keeps what an agent makes of its own login, as long as nobody else may.

import { createHash } from "node:crypto";

import { AUTH_FILE_LIMIT, type Identity, judgeAuthFile } from "#domain/credentials/auth-file.ts";
import type { Lease } from "#domain/credentials/lease.ts";
import { type LeaseOf, releaseLease, renewLease } from "#lib/seed/lease-file.ts";
import { readSeed, saveSeed } from "#lib/seed/seed-file.ts";

import { readAgentFile } from "./read-agent-file.ts";

export interface Watch {
  /** Of the bottle, on this machine. */
  readonly home: string;
  /** Below it. */
  readonly file: string;
  readonly lease: LeaseOf;
  readonly key: string | undefined;
  /** One line; never a value. */
  readonly tell: (line: string) => void;
  readonly saved: () => Promise<void>;
  /** Called once; `by`: who has it now. */
  readonly lost: (by: Lease | undefined) => Promise<void>;
  /** False when there is no agent to end (yet). */
  readonly endAgent: () => Promise<boolean>;
  readonly now?: () => Date;
}

export interface Watching {
  /** False once the lease is lost. Never throws: what fails now is tried again with the next one. */
  tick(): Promise<boolean>;
  /** Saves what there is at the end, and lets go of the seed. */
  finish(): Promise<void>;
}

/** Throws where the seed itself cannot be read: then nothing may be saved over it. */
export async function openWatch(watch: Watch): Promise<Watching> {
  const seed = await readSeed(watch.lease.seed, watch.key);
  const first = judgeAuthFile(seed.text, undefined);
  const state: State = {
    digest: digestOf(seed.text),
    identity: first.ok ? first.identity : undefined,
    isLost: false,
    told: "",
  };
  let turn = Promise.resolve(true);
  const tick = (): Promise<boolean> => (turn = turn.then(() => tickOnce(watch, state)));
  return {
    tick,
    async finish() {
      if (await tick())
        await releaseLease(watch.lease).catch((error: unknown) => tellOnce(watch, state, wordsOf(error)));
    },
  };
}

interface State {
  /** Of what the seed holds; the text itself is not kept. */
  digest: string;
  identity: Identity | undefined;
  isLost: boolean;
  /** What was said last: a trouble that stays is one line, not one every ten seconds. */
  told: string;
}

async function tickOnce(watch: Watch, state: State): Promise<boolean> {
  if (state.isLost) {
    await watch.endAgent();
    return false;
  }
  try {
    const fresh = await freshLogin(watch, state);
    const renewal = await renewLease(watch.lease, () => save(watch, state, fresh), watch.now);
    if (renewal.kind === "kept") {
      if (fresh !== undefined) await watch.saved();
      return true;
    }
    state.isLost = true;
    await watch.lost(renewal.by);
    await watch.endAgent();
    return false;
  } catch (error) {
    tellOnce(watch, state, wordsOf(error));
    return true;
  }
}

/** What the agent has that the seed has not; undefined when there is nothing, or nothing good. */
async function freshLogin(watch: Watch, state: State): Promise<{ text: string; identity: Identity } | undefined> {
  const { home, file } = watch;
  const found = await readAgentFile(home, file, AUTH_FILE_LIMIT);
  if (found.kind === "absent") return undefined;
  if (found.kind === "refused") return tellOnce(watch, state, `~/${file} is not saved: it ${found.why}`);
  if (digestOf(found.text) === state.digest) return undefined;
  const judged = judgeAuthFile(found.text, state.identity);
  if (!judged.ok) return tellOnce(watch, state, `~/${file} is not saved: it ${judged.why}`);
  return { text: found.text, identity: judged.identity };
}

async function save(
  { lease, key }: Watch,
  state: State,
  fresh: { text: string; identity: Identity } | undefined,
): Promise<void> {
  if (fresh === undefined) return;
  await saveSeed(lease.seed, fresh.text, key);
  state.digest = digestOf(fresh.text);
  state.identity = fresh.identity;
  state.told = "";
}

function tellOnce({ tell }: Watch, state: State, line: string): undefined {
  if (line !== state.told) tell(line);
  state.told = line;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "failed";
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
