// The seed on the operator's disk: read with or without its key, and replaced in one step under its lease.

import { constants } from "node:fs";
import { open } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import { AUTH_FILE_LIMIT } from "#domain/credentials/auth-file.ts";
import { writeAtomic } from "#lib/atomic-file.ts";

import { isSealed, seal, unseal } from "./seal.ts";

/** Encrypted it grows by a third. */
const LIMIT = 4 * AUTH_FILE_LIMIT;

export interface Seed {
  readonly text: string;
  readonly isSealed: boolean;
  /** Others than its owner may read it. */
  readonly isOpen: boolean;
}

/** `key`: undefined where none is configured. Throws `not-found`, or `invalid` for what cannot be read with this key. */
export async function readSeed(path: string, key: string | undefined): Promise<Seed> {
  const { content, isOpen } = await readFile(path);
  if (!isSealed(content)) return { text: content, isSealed: false, isOpen };
  if (key === undefined) {
    throw new BottleError("invalid", "is encrypted, and no key is configured", {
      where: path,
      hint: "write credentials.key into config.yml: {env: NAME} or {file: path}",
    });
  }
  return { text: await unseal(content, key, path), isSealed: true, isOpen };
}

/** Under the lease alone. What cannot be read with this key is never replaced: throws, and it stays. */
export async function saveSeed(path: string, text: string, key: string | undefined): Promise<void> {
  await readSeed(path, key);
  await writeAtomic(path, key === undefined ? text : await seal(text, key));
}

async function readFile(path: string): Promise<{ content: string; isOpen: boolean }> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new BottleError("invalid", "is no file", { where: path });
      if (info.size > LIMIT) throw new BottleError("invalid", "is larger than any login", { where: path });
      return { content: await file.readFile("utf8"), isOpen: (info.mode & 0o077) !== 0 };
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof BottleError) throw cause;
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BottleError(
      isMissing ? "not-found" : "invalid",
      isMissing ? "is not there" : `cannot be read (${reason})`,
      {
        where: path,
        hint: "log in with `CODEX_HOME=<its folder> codex login --device-auth`",
        cause,
      },
    );
  }
}
