// A login that the agent holds itself and may renew: read from its seed at the launch, kept by the credential watcher, and
// never used by two agents at once.

import { createHash, randomBytes } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";

import type { Backend, BottleSpec, GuestFile, LaunchPlan } from "#contracts/backend.ts";
import type { ProviderPlan } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { INSIDE } from "#domain/boot/protocol.ts";
import type { Config } from "#domain/config/config.ts";
import { judgeAuthFile } from "#domain/credentials/auth-file.ts";
import { RENEW_MS } from "#domain/credentials/lease.ts";
import { SEED_KEY, type SeedWatch } from "#domain/credentials/seed-watch.ts";
import type { Bottle } from "#domain/definition/bottle.ts";
import { isPassthrough } from "#domain/egress/route-rules.ts";
import { heldBy, type LeaseOf, liveLease, releaseLease, renewLease, takeLease } from "#lib/seed/lease-file.ts";
import { readSeed } from "#lib/seed/seed-file.ts";

import { operatorPath, type PathsOf } from "./operator-path.ts";

/** Holds secrets. */
export interface SeedPlan {
  readonly watch: Pick<SeedWatch, "seed" | "file" | "token">;
  readonly guestFile: GuestFile;
  readonly secrets: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly line: { readonly label: string; readonly text: string };
  readonly weakness: string;
  /** Of the login that the agent is given, to see that it is still the newest once the seed is ours. */
  readonly digest: string;
  readonly key: string | undefined;
}

export interface SeedSources {
  readonly paths: PathsOf;
  readonly env: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly backend: Pick<Backend, "name">;
  readonly now: Date;
}

/** Undefined without a seed. Throws `invalid`, or `conflict` naming the bottle that uses it; writes nothing. */
export async function planSeed(
  { name, agent_provider: { seed: written } }: Bottle,
  { ownCredential, routes }: Pick<ProviderPlan, "ownCredential" | "routes">,
  sources: SeedSources,
): Promise<SeedPlan | undefined> {
  if (written === undefined || ownCredential === undefined) return undefined;
  const where = `bottle ${name}: agent_provider.seed`;
  demandWatcher(sources.backend, where);
  const seed = await realPath(operatorPath(written, sources.paths), where);
  const key = await keyOf(sources);
  const { text, isSealed, isOpen } = await readSeed(seed, key);
  const judged = judgeAuthFile(text, undefined);
  if (!judged.ok) {
    throw new BottleError("invalid", `${seed} ${judged.why}`, {
      where,
      hint: "log in with `CODEX_HOME=<its folder> codex login --device-auth`",
    });
  }
  const lease = liveLease(seed, sources.now);
  if (lease !== undefined) throw heldBy(seed, lease);
  return {
    watch: { seed, file: ownCredential.slice(INSIDE.home.length + 1), token: randomBytes(16).toString("hex") },
    guestFile: { path: ownCredential, content: text, mode: 0o600 },
    secrets: key === undefined ? {} : { [SEED_KEY]: key },
    warnings: seedWarnings(seed, { isSealed, isOpen, hasKey: key !== undefined }),
    line: { label: "credential", text: `${seed}, the agent's own: it may renew it, and what it renews is saved there` },
    weakness: weaknessOf(seed, routes),
    digest: digestOf(text),
    key,
  };
}

/** The plan with what a seed adds to it. */
export function withSeed(plan: LaunchPlan, seed: SeedPlan | undefined): LaunchPlan {
  return seed === undefined ? plan : { ...plan, weaknesses: [...plan.weaknesses, seed.weakness] };
}

/** What a seed adds to the bottle. */
export function seedParts(seed: SeedPlan | undefined): Pick<BottleSpec, "seed"> {
  return seed === undefined ? {} : { seed: seed.watch };
}

export interface HeldSeed {
  /** From here on the watcher renews it. */
  handOver(): void;
  /** The launch failed. */
  release(): Promise<void>;
}

/** Takes its lease, and renews it until the watcher does. Throws `conflict`; then nothing was taken. */
export async function holdSeed(seed: SeedPlan | undefined, holder: string): Promise<HeldSeed> {
  if (seed === undefined) return { handOver() {}, async release() {} };
  const lease: LeaseOf = { seed: seed.watch.seed, token: seed.watch.token, holder };
  await takeLease(lease);
  try {
    const { text } = await readSeed(lease.seed, seed.key);
    if (digestOf(text) !== seed.digest) {
      throw new BottleError("conflict", "was renewed by another agent just now", {
        where: lease.seed,
        hint: "start again: the renewed login is taken then",
      });
    }
  } catch (error) {
    await releaseLease(lease);
    throw error;
  }
  // Copying a large workspace takes longer than a lease lasts. What fails here the watcher notices.
  const timer = setInterval(() => void renewLease(lease).catch(() => {}), RENEW_MS);
  return {
    handOver: () => clearInterval(timer),
    async release() {
      clearInterval(timer);
      await releaseLease(lease);
    },
  };
}

/** The watcher reads the agent's file from this machine: only the local backend keeps homes here. */
function demandWatcher({ name }: Pick<Backend, "name">, where: string): void {
  if (name === "local") return;
  throw new BottleError("invalid", `the backend ${name} cannot keep a credential of the agent's own`, {
    where,
    hint: "start it with `--backend local`, or use `forward_host_credentials: true` instead of a seed",
  });
}

async function realPath(path: string, where: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new BottleError("invalid", `the seed ${path} is not there`, {
      where,
      hint: "make it with `CODEX_HOME=<its folder> codex login --device-auth`, which writes auth.json there",
      cause,
    });
  }
}

async function keyOf({ config, env, paths }: SeedSources): Promise<string | undefined> {
  const { key } = config.credentials;
  if (key === undefined) return undefined;
  if ("env" in key) return demandKey(env[key.env], `$${key.env}`);
  const path = operatorPath(key.file, paths);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new BottleError("invalid", "cannot be read", { where: `credentials.key: ${path}`, cause });
  });
  return demandKey(text.trim(), path);
}

function demandKey(key: string | undefined, source: string): string {
  if (key !== undefined && key.length >= 16) return key;
  throw new BottleError("invalid", key === undefined || key === "" ? "is not set" : "is too short for a key", {
    where: `credentials.key: ${source}`,
    hint: "use 16 characters or more, such as `openssl rand -base64 32` prints",
  });
}

/** Egress takes away every credential that an agent sends; where its own must pass, the connection is not opened. */
function weaknessOf(seed: string, routes: ProviderPlan["routes"]): string {
  const unread = routes.filter(isPassthrough).map(({ host }) => host);
  const where = unread.length === 0 ? "" : `, and what it sends to ${unread.join(", ")} is not read`;
  return `the agent holds its own credential (${seed}): it can read it, use it and try to send it away${where}`;
}

function seedWarnings(seed: string, is: { isSealed: boolean; isOpen: boolean; hasKey: boolean }): string[] {
  return [
    ...(is.isOpen && !is.isSealed ? [`${seed} can be read by others: chmod 600 it`] : []),
    ...(is.hasKey && !is.isSealed ? [`${seed} is not encrypted yet: it will be when the agent first renews it`] : []),
  ];
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
