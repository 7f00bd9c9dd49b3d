// The certificates that the proxy makes, read back by others: Node, OpenSSL, and the library that wrote them.

import "reflect-metadata";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { makeAuthorityCertificate, makeHostCertificate } from "#sidecars/egress/certificates/certificate.ts";
import { requirement } from "#tests/helpers/require.ts";

const p256 = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const validity = { from: new Date(Date.now() - 60_000), until: new Date(Date.now() + 86_400_000) };
const keys = p256();
const leafKey = p256().publicKey;
const authorityPem = await makeAuthorityCertificate("bottle-dash demo-abcde", keys, validity);
const authority = { cert: authorityPem, key: keys.privateKey };
const leaf = (host: string) => makeHostCertificate(host, leafKey, authority, validity);

describe("the authority's certificate", () => {
  test("is signed by itself, may sign hosts and nothing below them", () => {
    const certificate = new X509Certificate(authorityPem);
    expect(certificate).toMatchObject({
      subject: "CN=bottle-dash demo-abcde",
      issuer: "CN=bottle-dash demo-abcde",
      ca: true,
    });
    expect(certificate.checkPrivateKey(keys.privateKey)).toBe(true);
    expect(certificate.verify(keys.publicKey)).toBe(true);
    const read = new x509.X509Certificate(authorityPem);
    expect(read.getExtension(x509.BasicConstraintsExtension)).toMatchObject({
      ca: true,
      pathLength: 0,
      critical: true,
    });
    const usages = read.getExtension(x509.KeyUsagesExtension);
    expect(usages).toMatchObject({
      critical: true,
      usages: x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    });
  });

  test("may last longer than the short form of a date, which knows no parts of a second", async () => {
    const until = new Date("2055-03-04T05:06:07.890Z");
    const pem = await makeAuthorityCertificate("x", keys, { from: validity.from, until });
    expect(new X509Certificate(pem).validToDate).toEqual(new Date("2055-03-04T05:06:07Z"));
    expect(new X509Certificate(pem).raw.includes("20550304050607Z")).toBe(true);
  });
});

describe("a host's certificate", () => {
  test("is for that host, to serve, signed by the authority", async () => {
    const pem = await leaf("api.example.com");
    const certificate = new X509Certificate(pem);
    expect(certificate).toMatchObject({
      subject: "CN=api.example.com",
      subjectAltName: "DNS:api.example.com",
      ca: false,
    });
    expect(certificate.verify(keys.publicKey)).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(authorityPem))).toBe(true);
    expect(certificate.checkHost("api.example.com")).toBe("api.example.com");
    expect(certificate.checkHost("evil.com")).toBeUndefined();
    const read = new x509.X509Certificate(pem);
    expect(read.getExtension(x509.ExtendedKeyUsageExtension)?.usages).toEqual([x509.ExtendedKeyUsage.serverAuth]);
    const ours = new x509.X509Certificate(authorityPem).getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    expect(read.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(ours);
  });

  test("names its issuer in the very bytes of the authority's certificate, whoever wrote that", async () => {
    const name = (certificate: string, which: "subjectName" | "issuerName") =>
      Buffer.from(new x509.X509Certificate(certificate)[which].toArrayBuffer());
    expect(name(await leaf("a.example.com"), "issuerName")).toEqual(name(authorityPem, "subjectName"));
    const other = {
      cert: await otherAuthority(new x509.Name([{ CN: [{ utf8String: "bottle-dash demo-abcde" }] }])),
      key: keys.privateKey,
    };
    const pem = await makeHostCertificate("a.example.com", leafKey, other, validity);
    expect(name(pem, "issuerName")).toEqual(name(other.cert, "subjectName"));
    expect(name(pem, "issuerName")).not.toEqual(name(authorityPem, "subjectName"));
  });

  test("has a serial number of its own", async () => {
    const made = await Promise.all(Array.from({ length: 100 }, () => leaf("a.example.com")));
    expect(new Set(made.map((pem) => new X509Certificate(pem).serialNumber)).size).toBe(100);
  });

  test("can be read whatever the host", async () => {
    const host = fc.oneof(fc.domain(), fc.stringMatching(/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,60}){0,3}$/));
    await fc.assert(
      fc.asyncProperty(host, async (name) => {
        const certificate = new X509Certificate(await leaf(name));
        expect(certificate.subjectAltName).toBe(`DNS:${name}`);
        expect(certificate.verify(keys.publicKey)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe("OpenSSL's strict check", requirement("openssl", probeOpenssl), () => {
  test("accepts both", async () => {
    const folder = mkdtempSync(join(tmpdir(), "certificates-"));
    try {
      const [ca, host] = [join(folder, "ca.pem"), join(folder, "host.pem")];
      writeFileSync(ca, authorityPem);
      writeFileSync(host, await leaf("api.example.com"));
      const strict = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "api.example.com"];
      expect(execFileSync("openssl", [...strict, "-CAfile", ca, host], { encoding: "utf8" })).toContain("OK");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

async function otherAuthority(name: x509.Name): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const pair = {
    publicKey: keys.publicKey.toCryptoKey(algorithm, true, ["verify"]),
    privateKey: keys.privateKey.toCryptoKey(algorithm, false, ["sign"]),
  };
  const made = await x509.X509CertificateGenerator.createSelfSigned({ name, keys: pair, signingAlgorithm: algorithm });
  return made.toString("pem");
}

function probeOpenssl(): string | undefined {
  try {
    execFileSync("openssl", ["version"]);
    return undefined;
  } catch {
    return "openssl is not installed (apt-get install openssl)";
  }
}
