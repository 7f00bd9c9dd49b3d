// What stands for a secret's value where the value must not: HMAC-SHA256 under a key of the bottle's own.

import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import { createExclusive, isErrno } from "#lib/atomic-file.ts";

export type Fingerprint = (value: Uint8Array) => string;

const KEY = /^[0-9a-f]{64}$/;

/** The key is made at the first need. A failure is not kept: the next one tries again. */
export function openFingerprints(path: string): () => Promise<Fingerprint> {
  let opened: Promise<Fingerprint> | undefined;
  return () => {
    opened ??= readKey(path).then((key) => (value) => createHmac("sha256", key).update(value).digest("hex"));
    opened.catch(() => (opened = undefined));
    return opened;
  };
}

async function readKey(path: string): Promise<Buffer> {
  const text = await readFile(path, "utf8").catch(async (error: unknown) => {
    if (!isErrno(error, "ENOENT")) throw new BottleError("failed", "cannot be read", { where: path, cause: error });
    await createExclusive(path, `${randomBytes(32).toString("hex")}\n`);
    return await readFile(path, "utf8");
  });
  if (!KEY.test(text.trim())) throw new BottleError("invalid", "is no key of 32 bytes in hex", { where: path });
  return Buffer.from(text.trim(), "hex");
}
