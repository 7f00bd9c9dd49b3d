// Makes an upstream reachable: checks its identity and host key, writes what ssh reads, and gives git's environment.
// Looked at anew for each use, so that a mended file helps at once.

import { mkdir, readFile, rm, stat } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import type { GateRepo } from "#domain/git-gate/gate.ts";
import { isErrno, writeAtomic } from "#lib/atomic-file.ts";

import type { GatePaths } from "../gate-paths.ts";
import { gitEnvironment, type Environment } from "../git/environment.ts";
import { parseHostKey } from "./host-key.ts";
import { identityKind, isTooOpen } from "./identity.ts";
import { knownHostsLine, sshEnvironment, upstreamUrl } from "./ssh-command.ts";

export interface Connection {
  readonly url: string;
  /** All of git's environment, with the ssh command. */
  readonly env: Environment;
}

const MOST_KEY_BYTES = 65_536;

/** Throws BottleError with what the operator has to mend. */
export async function connectionTo(repo: GateRepo, paths: GatePaths): Promise<Connection> {
  await mkdir(paths.ssh, { recursive: true, mode: 0o700 });
  const knownHosts = await writeKnownHosts(repo, paths);
  const identity = await usableIdentity(repo, paths);
  return { url: upstreamUrl(repo), env: { ...gitEnvironment(paths), ...sshEnvironment({ identity, knownHosts }) } };
}

async function writeKnownHosts(repo: GateRepo, paths: GatePaths): Promise<string> {
  const { name, host, port, host_key: stated } = repo;
  const where = `git-gate.repos.${name}.host_key`;
  const scan = `ssh-keyscan${port === 22 ? "" : ` -p ${port}`} ${host}`;
  if (stated === undefined || stated.trim() === "") {
    throw new BottleError("refused", `the host key of ${host} is not stated, so nothing proves who answers there`, {
      where,
      hint: `add it to the bottle's definition as "<type> <base64>", from \`${scan}\`, compared with what its operator publishes`,
    });
  }
  const hostKey = parseHostKey(stated);
  if (hostKey === undefined) {
    throw new BottleError("refused", 'is no host key, which is "<type> <base64>"', {
      where,
      hint: `take one of the keys that \`${scan}\` prints, without the name before it`,
    });
  }
  const path = paths.knownHosts(name);
  const line = knownHostsLine(repo, hostKey);
  if ((await readFile(path, "utf8").catch(() => "")) !== line) await writeAtomic(path, line);
  return path;
}

async function usableIdentity({ name, identity }: GateRepo, paths: GatePaths): Promise<string> {
  const where = `git-gate.repos.${name}.identity`;
  const { text, owner } = await readIdentity(identity, where);
  switch (identityKind(text)) {
    case "usable":
      break;
    case "locked":
      throw new BottleError("refused", `${identity} has a passphrase, which nobody can be asked for`, {
        where,
        hint: "give this bottle a key of its own without one, a deploy key for instance",
      });
    case "public":
      throw new BottleError("refused", `${identity} is a public key`, {
        where,
        hint: "name the private key file, usually the same name without .pub",
      });
    case "not-a-key":
      throw new BottleError("refused", `${identity} is no private key`, {
        where,
        hint: "name an ssh private key file",
      });
  }
  const copy = paths.identityCopy(name);
  if (!isTooOpen(owner, process.getuid?.() ?? 0)) {
    await rm(copy, { force: true });
    return identity;
  }
  if ((await readFile(copy, "utf8").catch(() => "")) !== text) await writeAtomic(copy, text, 0o600);
  return copy;
}

async function readIdentity(
  path: string,
  where: string,
): Promise<{ text: string; owner: { uid: number; mode: number } }> {
  try {
    const owner = await stat(path);
    if (!owner.isFile() || owner.size > MOST_KEY_BYTES) {
      throw new BottleError("refused", `${path} is no key file`, { where, hint: "name an ssh private key file" });
    }
    return { text: await readFile(path, "utf8"), owner };
  } catch (cause) {
    if (cause instanceof BottleError) throw cause;
    if (isErrno(cause, "ENOENT") || isErrno(cause, "ENOTDIR")) {
      throw new BottleError("refused", `${path} is missing`, {
        where,
        hint: "name an ssh private key that exists, or make one with `ssh-keygen -t ed25519`",
        cause,
      });
    }
    throw new BottleError("refused", `${path} cannot be read by the gate`, {
      where,
      hint: "let the operator's user read it, and others not: `chmod 600`",
      cause,
    });
  }
}
