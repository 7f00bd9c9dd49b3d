// The bottle's own certificate authority: made at the first start, its key readable by the operator alone and never
// in the bottle. Files that do not fit together stop the proxy: it never intercepts with a wrong one.

import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile } from "node:fs/promises";

import { BottleError } from "#domain/bottle-error.ts";
import { isErrno, writeAtomic } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { systemRoots } from "./system-roots.ts";

export interface Authority {
  readonly key: KeyObject;
  /** PEM. */
  readonly cert: string;
}

/** Resolves when ca.pem and bundle.pem (the system's roots and it) are there for the bottle. */
export type LazyAuthority = () => Promise<Authority>;

const LIFETIME_MS = 10 * 365 * 86_400_000;
const CLOCK_SKEW_MS = 86_400_000;

/** What is there is read and checked now. The first call of what this returns makes what is missing, once. */
export async function openAuthority(paths: BottlePaths["tls"], slug: string, now: Date): Promise<LazyAuthority> {
  await mkdir(paths.inside, { recursive: true, mode: 0o700 });
  await chmod(paths.inside, 0o755); // the bottle's user reads it through a bind mount
  const standing = await readAuthority(paths, now);
  let whole: Promise<Authority> | undefined;
  const complete = async (): Promise<Authority> => {
    const authority = standing ?? (await makeAuthority(paths, slug, now));
    const bundle = `${systemRoots()}\n${authority.cert}`;
    if ((await readText(paths.bundle)) !== bundle) await writeAtomic(paths.bundle, bundle, 0o644);
    return authority;
  };
  return () => (whole ??= complete());
}

async function readAuthority(paths: BottlePaths["tls"], now: Date): Promise<Authority | undefined> {
  const [keyText, cert] = await Promise.all([readText(paths.key), readText(paths.cert)]);
  if (cert === undefined) return undefined; // a key alone: the first start was cut short, and nobody trusts it yet
  if (keyText === undefined) throw broken(paths.key, "the authority's key is missing");
  try {
    const parsed = new X509Certificate(cert);
    const key = createPrivateKey(keyText);
    if (!parsed.checkPrivateKey(key)) throw new Error("the key is not that of the certificate");
    if (!parsed.subject.startsWith("CN=bottle-dash ")) throw new Error("the certificate is not our authority's");
    if (new Date(parsed.validTo) <= now) throw new Error("the certificate has expired");
    return { key, cert };
  } catch (cause) {
    throw broken(paths.cert, cause instanceof Error ? cause.message : "cannot be read", cause);
  }
}

async function makeAuthority(paths: BottlePaths["tls"], slug: string, now: Date): Promise<Authority> {
  const { makeAuthorityCertificate } = await import("./certificate.ts");
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const validity = {
    from: new Date(now.getTime() - CLOCK_SKEW_MS),
    until: new Date(now.getTime() + LIFETIME_MS),
  };
  const cert = await makeAuthorityCertificate(`bottle-dash ${slug}`.slice(0, 64), keys, validity);
  await writeAtomic(paths.key, keys.privateKey.export({ format: "pem", type: "pkcs8" }).toString(), 0o600);
  await writeAtomic(paths.cert, cert, 0o644);
  return { key: keys.privateKey, cert };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw broken(path, error instanceof Error ? error.message : "cannot be read", error);
  }
}

function broken(where: string, what: string, cause?: unknown): BottleError {
  return new BottleError("invalid", what, {
    where,
    hint: "stop the bottle, remove its tls folder and start it again",
    cause,
  });
}
