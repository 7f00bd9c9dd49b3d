// Certificates for the hosts that clients ask for, signed by the bottle's authority: one key for all, a context cached
// for each name.

import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

import type { LazyAuthority } from "./authority.ts";

export interface LeafContexts {
  /** `name` is a normalised host name. */
  contextFor(name: string): Promise<SecureContext>;
}

const DAY_MS = 86_400_000;
const LIFETIME_MS = 90 * DAY_MS;
const RENEW_MS = 60 * DAY_MS;
const MOST_CACHED = 512;

export function leafContexts(authority: LazyAuthority): LeafContexts {
  const cache = new Map<string, { context: Promise<SecureContext>; renewAt: number }>();
  let keys: LeafKeys | undefined;

  const make = async (name: string, now: number): Promise<SecureContext> => {
    const [signer, { makeHostCertificate }] = await Promise.all([authority(), import("./certificate.ts")]);
    keys ??= makeKeys();
    const validity = { from: new Date(now - DAY_MS), until: new Date(now + LIFETIME_MS) };
    const cert = await makeHostCertificate(name, keys.publicKey, signer, validity);
    return createSecureContext({ key: keys.privatePem, cert });
  };

  return {
    contextFor(name) {
      const now = Date.now();
      const found = cache.get(name);
      if (found !== undefined && found.renewAt > now) return found.context;
      const [oldest] = cache.keys();
      if (cache.size >= MOST_CACHED && oldest !== undefined) cache.delete(oldest);
      const entry = { context: make(name, now), renewAt: now + RENEW_MS };
      cache.set(name, entry);
      entry.context.catch(() => {
        if (cache.get(name) === entry) cache.delete(name); // the next client tries again
      });
      return entry.context;
    },
  };
}

interface LeafKeys {
  readonly publicKey: KeyObject;
  readonly privatePem: string;
}

function makeKeys(): LeafKeys {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const privatePem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return { publicKey: createPublicKey(privateKey), privatePem };
}
