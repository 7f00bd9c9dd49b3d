// Certificates for the hosts that clients ask for, signed by the bottle's authority: one key for all, a context cached
// for each name.

import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

import type { Authority } from "./authority.ts";
import { ALGORITHM, serialNumber, x509 } from "./x509.ts";

export interface LeafContexts {
  /** `name` is a normalised host name. */
  contextFor(name: string): Promise<SecureContext>;
}

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 90;
const RENEW_DAYS = 60;
const MOST_CACHED = 512;

export function leafContexts(authority: Authority): LeafContexts {
  const cache = new Map<string, { context: Promise<SecureContext>; renewAt: number }>();
  let signer: Promise<Signer> | undefined;

  const make = async (name: string, now: number): Promise<SecureContext> => {
    signer ??= openSigner(authority);
    const { key, sign } = await signer;
    return createSecureContext({ key, cert: await sign(name, now) });
  };

  return {
    contextFor(name) {
      const now = Date.now();
      const found = cache.get(name);
      if (found !== undefined && found.renewAt > now) return found.context;
      const context = make(name, now);
      context.catch(() => cache.delete(name));
      const [oldest] = cache.keys();
      if (cache.size >= MOST_CACHED && oldest !== undefined) cache.delete(oldest);
      cache.set(name, { context, renewAt: now + RENEW_DAYS * DAY_MS });
      return context;
    },
  };
}

interface Signer {
  /** The leaves' key, PEM. */
  readonly key: string;
  /** A certificate for `name`, PEM. */
  sign(name: string, now: number): Promise<string>;
}

async function openSigner(authority: Authority): Promise<Signer> {
  const lib = await x509();
  const pkcs8 = createPrivateKey(authority.key).export({ format: "der", type: "pkcs8" });
  const signingKey = await crypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), ALGORITHM, false, ["sign"]);
  const issuer = new lib.X509Certificate(new X509Certificate(authority.cert).raw);
  const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = leaf.publicKey.export({ format: "der", type: "spki" });
  const publicKey = await crypto.subtle.importKey("spki", new Uint8Array(spki), ALGORITHM, true, ["verify"]);
  const always = [
    new lib.BasicConstraintsExtension(false, undefined, true),
    new lib.KeyUsagesExtension(lib.KeyUsageFlags.digitalSignature, true),
    new lib.ExtendedKeyUsageExtension([lib.ExtendedKeyUsage.serverAuth]),
    await lib.AuthorityKeyIdentifierExtension.create(issuer.publicKey), // strict clients refuse a leaf without it
    await lib.SubjectKeyIdentifierExtension.create(publicKey),
  ];
  return {
    key: leaf.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    sign: async (name, now) => {
      const certificate = await lib.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: name.length <= 64 ? [{ CN: [name] }] : [{ CN: ["bottle-dash"] }],
        issuer: issuer.subjectName,
        notBefore: new Date(now - DAY_MS),
        notAfter: new Date(now + LIFETIME_DAYS * DAY_MS),
        publicKey,
        signingKey,
        signingAlgorithm: ALGORITHM,
        extensions: [...always, new lib.SubjectAlternativeNameExtension([{ type: "dns", value: name }])],
      });
      return certificate.toString("pem");
    },
  };
}
