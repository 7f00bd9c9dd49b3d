// Certificates for the hosts that clients ask for, signed by the bottle's authority: one key for all, a context cached
// for each name.

import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

import type { Authority } from "./authority.ts";
import { makeHostCertificate } from "./certificate.ts";

export interface LeafContexts {
  /** `name` is a normalised host name. */
  contextFor(name: string): SecureContext;
}

const DAY_MS = 86_400_000;
const LIFETIME_MS = 90 * DAY_MS;
const RENEW_MS = 60 * DAY_MS;
const MOST_CACHED = 512;

export function leafContexts(authority: Authority): LeafContexts {
  const cache = new Map<string, { context: SecureContext; renewAt: number }>();
  let keys: LeafKeys | undefined;

  return {
    contextFor(name) {
      const now = Date.now();
      const found = cache.get(name);
      if (found !== undefined && found.renewAt > now) return found.context;
      const validity = { from: new Date(now - DAY_MS), until: new Date(now + LIFETIME_MS) };
      keys ??= makeKeys();
      const cert = makeHostCertificate(name, keys.publicKey, authority, validity);
      const context = createSecureContext({ key: keys.privatePem, cert });
      const [oldest] = cache.keys();
      if (cache.size >= MOST_CACHED && oldest !== undefined) cache.delete(oldest);
      cache.set(name, { context, renewAt: now + RENEW_MS });
      return context;
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
