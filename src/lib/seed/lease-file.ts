// The lease of a seed, `<seed>.lease`: each step is read, decided and written while a lock is held, so that of any number of
// competitors exactly one is told that it has it.

import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";

import { BottleError } from "#domain/bottle-error.ts";
import {
  type Claimant,
  hasExpired,
  Lease,
  LEASE_MS,
  mayRelease,
  renew,
  type Renewal,
  take,
} from "#domain/credentials/lease.ts";
import { isErrno, writeAtomic } from "#lib/atomic-file.ts";
import { withLock } from "#lib/store/lock.ts";

/** `seed`: its real path, so that two links to it are one seed. */
export interface LeaseOf {
  readonly seed: string;
  /** Names the holder to people. */
  readonly holder: string;
  readonly token: string;
  readonly leaseMs?: number;
  /** How long to wait for another who decides just now. */
  readonly waitMs?: number;
}

const WAIT_MS = 5000;

/** Throws `conflict`, naming the holder, while somebody else has it. Resolves with whose expired lease it took over. */
export async function takeLease(of: LeaseOf, now: () => Date = () => new Date()): Promise<Lease | undefined> {
  return await locked(of, async () => {
    const result = take(read(of.seed), claimant(of), now(), of.leaseMs);
    if (result.kind === "refused") throw heldBy(of.seed, result.by);
    await write(of.seed, result.lease);
    return result.from;
  });
}

/** Who holds it now; undefined for nobody. Only a look: whoever wants it takes it. */
export function liveLease(seed: string, now: Date, leaseMs = LEASE_MS): Lease | undefined {
  const found = read(seed);
  return found === undefined || hasExpired(found, now, leaseMs) ? undefined : found;
}

/**
 * Renews it and, while nobody else can take it, does `write`. When it is lost, nothing is done. A `write` that throws leaves
 * the lease renewed.
 */
export async function renewLease(
  of: LeaseOf,
  save: () => Promise<void> = async () => {},
  now: () => Date = () => new Date(),
): Promise<Renewal> {
  return await locked(of, async () => {
    const result = renew(read(of.seed), claimant(of), now(), of.leaseMs);
    if (result.kind === "lost") return result;
    await write(of.seed, result.lease);
    await save();
    return result;
  });
}

/** Somebody else's is left alone. */
export async function releaseLease(of: LeaseOf): Promise<void> {
  await locked(of, async () => {
    if (mayRelease(read(of.seed), of.token)) await rm(pathOf(of.seed), { force: true });
  });
}

export function heldBy(seed: string, { holder, host, pid, expires_at }: Lease): BottleError {
  return new BottleError(
    "conflict",
    `is in use by ${holder} (process ${pid} on ${host}, until ${expires_at} at least)`,
    {
      where: seed,
      hint: `stop it first (\`bottle-dash stop ${holder}\`): two agents must never renew one login`,
    },
  );
}

function pathOf(seed: string): string {
  return `${seed}.lease`;
}

function locked<T>({ seed, waitMs = WAIT_MS }: LeaseOf, task: () => Promise<T>): Promise<T> {
  return withLock(`${seed}.lease.lock`, task, waitMs);
}

function claimant({ token, holder }: LeaseOf): Claimant {
  return { token, holder, pid: process.pid, host: hostname() };
}

function read(seed: string): Lease | undefined {
  let content: string;
  try {
    content = readFileSync(pathOf(seed), "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    // It stays undefined, which is no lease either.
  }
  const parsed = Lease.safeParse(json);
  if (parsed.success) return parsed.data;
  // Leases are made of whole files: this is somebody's edit, or a damaged disk. Nobody guesses whose it was.
  throw new BottleError("invalid", "is no lease", {
    where: pathOf(seed),
    hint: "make sure that no bottle uses the seed, then remove this file",
  });
}

async function write(seed: string, lease: Lease): Promise<void> {
  await writeAtomic(pathOf(seed), `${JSON.stringify(lease, undefined, 2)}\n`);
}
