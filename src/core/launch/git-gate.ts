// From `git-gate.repos` to what the gate serves, with what is missing said before the launch, not at the first push.

import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import type { Bottle } from "#domain/definition/bottle.ts";
import { type GitRepo, parseGitUrl } from "#domain/definition/git-gate.ts";
import { type GateRepo, type GitGate, MAX_PACK_BYTES } from "#domain/git-gate/gate.ts";

import { operatorPath, type PathsOf } from "./operator-path.ts";

export interface PlannedGate {
  /** Undefined: the definition names no repository. */
  readonly gate: GitGate | undefined;
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/** Throws `invalid` for an identity that ssh could not use at all. */
export async function planGate({ name, git_repos }: Bottle, of: PathsOf): Promise<PlannedGate> {
  const planned = await Promise.all(
    Object.entries(git_repos).map(([repo, keys]) => planRepo(repo, keys, of, `bottle ${name}: git-gate.repos.${repo}`)),
  );
  const repos = planned.map(({ repo }) => repo);
  return {
    gate: repos.length === 0 ? undefined : { repos, max_pack_bytes: MAX_PACK_BYTES },
    warnings: planned.flatMap(({ warnings }) => warnings),
  };
}

async function planRepo(
  name: string,
  { url, identity, host_key, force_push = false }: GitRepo,
  of: PathsOf,
  where: string,
): Promise<{ repo: GateRepo; warnings: string[] }> {
  const remote = parseGitUrl(url);
  if (remote === undefined) throw new BottleError("invalid", `${url} is no remote`, { where });
  const path = operatorPath(identity, of);
  const warnings = await identityWarnings(path, where);
  const hasKey = host_key !== undefined && host_key !== null && host_key !== "";
  if (!hasKey) warnings.push(missingHostKey(where, remote));
  return { repo: { name, ...remote, identity: path, ...(hasKey ? { host_key } : {}), force_push }, warnings };
}

function missingHostKey(where: string, { host, port }: { host: string; port: number }): string {
  const scan = `ssh-keyscan ${port === 22 ? "" : `-p ${port} `}${host}`;
  return `${where} has no host_key: nothing is fetched or pushed until you add one, as \`${scan}\` prints it behind the name, after comparing it with what its host publishes`;
}

/** What ssh would stumble over; throws for what it cannot use at all. */
async function identityWarnings(path: string, where: string): Promise<string[]> {
  const file = await openIdentity(path, where);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw unusable(path, "is no file", where);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    const text = buffer.toString("latin1", 0, bytesRead);
    if (/^(?:ssh-|ecdsa-|sk-)/.test(text)) throw unusable(path, "is the public half of a key", where);
    return [
      ...((info.mode & 0o077) === 0
        ? []
        : [`${where}: others can read ${path}, and ssh refuses such a key: \`chmod 600 ${path}\``]),
      ...(hasPassphrase(text)
        ? [`${where}: ${path} has a passphrase, and nobody is there to type it: use a key without one, for this alone`]
        : []),
    ];
  } finally {
    await file.close();
  }
}

async function openIdentity(path: string, where: string): Promise<FileHandle> {
  try {
    // A FIFO in its place must not hold the launch.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    throw unusable(path, code === "ENOENT" ? "is not there" : `cannot be read (${code})`, where, cause);
  }
}

function unusable(path: string, why: string, where: string, cause?: unknown): BottleError {
  return new BottleError("invalid", `the key ${path} ${why}`, {
    where: `${where}.identity`,
    hint: "name the file of a private key that the remote knows: absolute, from ~/, or below the root folder",
    cause,
  });
}

/** By the first bytes: an OpenSSH key names its cipher, older ones say that they are encrypted. */
function hasPassphrase(text: string): boolean {
  if (text.includes("ENCRYPTED")) return true;
  const [, body = ""] = /^-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)/.exec(text) ?? [];
  const start = Buffer.from(body.replaceAll(/\s/g, "").slice(0, 64), "base64");
  if (start.toString("latin1", 0, 15) !== "openssh-key-v1\0") return false;
  const length = start.length >= 19 ? start.readUInt32BE(15) : 0;
  return start.toString("latin1", 19, 19 + length) !== "none";
}
