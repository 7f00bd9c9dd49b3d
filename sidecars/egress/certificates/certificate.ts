// The two certificates that the proxy makes (RFC 5280): its authority's own, and one for a host. Written here rather than
// by a library because they are two fixed shapes, and a library that can do all of X.509 takes longer to load than the
// whole proxy takes to start (measured: 38 ms and 10 MB); the tests read them back with one, and with OpenSSL.

import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";

import {
  bitString,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  TRUE,
  utf8String,
} from "./der.ts";

export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

/** PEM. `name` becomes the common name: at most 64 characters. `key` is a P-256 private key. */
export function makeAuthorityCertificate(name: string, key: KeyObject, validity: Validity): string {
  const critical = true;
  return certify({ subject: name, issuer: name, publicKey: createPublicKey(key), signingKey: key, validity }, [
    extension("2.5.29.19", sequence(TRUE, integer(Uint8Array.of(0))), critical), // CA, and none below it
    extension("2.5.29.15", bitString(Uint8Array.of(0x06), 1), critical), // keyCertSign, cRLSign
    extension("2.5.29.14", octetString(keyIdentifier(createPublicKey(key)))),
  ]);
}

/** PEM. `host` is a normalised host name. */
export function makeHostCertificate(
  host: string,
  publicKey: KeyObject,
  authority: { readonly name: string; readonly key: KeyObject },
  validity: Validity,
): string {
  const subject = host.length <= 64 ? host : "bottle-dash"; // clients look at the alternative name only
  return certify({ subject, issuer: authority.name, publicKey, signingKey: authority.key, validity }, [
    extension("2.5.29.19", sequence(), true), // no authority
    extension("2.5.29.15", bitString(Uint8Array.of(0x80), 7), true), // digitalSignature
    extension("2.5.29.37", sequence(objectIdentifier("1.3.6.1.5.5.7.3.1"))), // serverAuth
    extension("2.5.29.17", sequence(implicit(2, Buffer.from(host, "ascii")))),
    extension("2.5.29.14", octetString(keyIdentifier(publicKey))),
    extension("2.5.29.35", sequence(implicit(0, keyIdentifier(createPublicKey(authority.key))))), // strict clients want it
  ]);
}

interface Certified {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly validity: Validity;
}

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

function certify({ subject, issuer, publicKey, signingKey, validity }: Certified, extensions: Uint8Array[]): string {
  const algorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256));
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))), // version 3
    integer(randomBytes(16)),
    algorithm,
    commonName(issuer),
    sequence(time(validity.from), time(validity.until)),
    commonName(subject),
    publicKey.export({ format: "der", type: "spki" }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(body, algorithm, bitString(sign("sha256", body, signingKey)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function commonName(text: string): Buffer {
  return sequence(setOf(sequence(objectIdentifier("2.5.4.3"), utf8String(text))));
}

function extension(identifier: string, value: Uint8Array, critical = false): Buffer {
  return sequence(objectIdentifier(identifier), ...(critical ? [TRUE] : []), octetString(value));
}

/** SHA-1 of the public key's bits (RFC 5280, 4.2.1.2): a label, no proof. The last 65 bytes of a P-256 key are its point. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ format: "der", type: "spki" }).subarray(-65))
    .digest();
}
