// The two certificates that the proxy makes (RFC 5280): its authority's own, and one for a host. In dist/ this file is a
// program of its own, imported when the first certificate must be made: its library takes as long to load as the proxy.

import "reflect-metadata"; // the library's own dependencies call it and do not bring it

import type { KeyObject, webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

/** A P-256 pair. */
export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** PEM. `name` becomes the common name: at most 64 characters. */
export async function makeAuthorityCertificate(name: string, keys: KeyPair, validity: Validity): Promise<string> {
  const publicKey = webPublicKey(keys.publicKey);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    keys: { publicKey, privateKey: webPrivateKey(keys.privateKey) },
    signingAlgorithm: ALGORITHM,
    ...dates(validity),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return pem(made);
}

/** PEM. `host` is a normalised host name; the authority's certificate is PEM. */
export async function makeHostCertificate(
  host: string,
  key: KeyObject,
  authority: { readonly cert: string; readonly key: KeyObject },
  validity: Validity,
): Promise<string> {
  const publicKey = webPublicKey(key);
  const issuer = new X509Certificate(authority.cert);
  const made = await X509CertificateGenerator.create({
    subject: [{ CN: [host.length <= 64 ? host : "bottle-dash"] }], // clients look at the alternative name only
    issuer: issuer.subjectName,
    publicKey,
    signingKey: webPrivateKey(authority.key),
    signingAlgorithm: ALGORITHM,
    ...dates(validity),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([{ type: "dns", value: host }]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey), // strict clients want it
    ],
  });
  return pem(made);
}

/** Whole seconds: certificates know no others, and the library would write them. */
function dates({ from, until }: Validity): { notBefore: Date; notAfter: Date } {
  const whole = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);
  return { notBefore: whole(from), notAfter: whole(until) };
}

function webPublicKey(key: KeyObject): webcrypto.CryptoKey {
  return key.toCryptoKey(ALGORITHM, true, ["verify"]);
}

function webPrivateKey(key: KeyObject): webcrypto.CryptoKey {
  return key.toCryptoKey(ALGORITHM, false, ["sign"]);
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem").trimEnd()}\n`;
}
