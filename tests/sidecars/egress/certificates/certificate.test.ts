// Our own certificates, read back by those who know: Node, OpenSSL, and a library that can do all of X.509.

import "reflect-metadata";
import { execFileSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { makeAuthorityCertificate, makeHostCertificate } from "#sidecars/egress/certificates/certificate.ts";
import { requirement } from "#tests/helpers/require.ts";

const p256 = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const validity = { from: new Date(Date.now() - 60_000), until: new Date(Date.now() + 86_400_000) };
const key = p256();
const leafKey = createPublicKey(p256());
const authority = { name: "bottle-dash demo-abcde", key };
const authorityPem = makeAuthorityCertificate(authority.name, key, validity);
const leaf = (host: string) => makeHostCertificate(host, leafKey, authority, validity);

describe("the authority's certificate", () => {
  test("is signed by itself, may sign hosts and nothing below them", () => {
    const certificate = new X509Certificate(authorityPem);
    expect(certificate).toMatchObject({
      subject: "CN=bottle-dash demo-abcde",
      issuer: "CN=bottle-dash demo-abcde",
      ca: true,
    });
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.verify(createPublicKey(key))).toBe(true);
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

  test("may last longer than the short form of a date", () => {
    const until = new Date("2055-03-04T05:06:07Z");
    expect(new X509Certificate(makeAuthorityCertificate("x", key, { from: validity.from, until })).validToDate).toEqual(
      until,
    );
  });
});

describe("a host's certificate", () => {
  test("is for that host, to serve, signed by the authority", () => {
    const certificate = new X509Certificate(leaf("api.example.com"));
    expect(certificate).toMatchObject({
      subject: "CN=api.example.com",
      subjectAltName: "DNS:api.example.com",
      ca: false,
    });
    expect(certificate.verify(createPublicKey(key))).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(authorityPem))).toBe(true);
    expect(certificate.checkHost("api.example.com")).toBe("api.example.com");
    expect(certificate.checkHost("evil.com")).toBeUndefined();
    const read = new x509.X509Certificate(leaf("api.example.com"));
    expect(read.getExtension(x509.ExtendedKeyUsageExtension)?.usages).toEqual([x509.ExtendedKeyUsage.serverAuth]);
    const ours = new x509.X509Certificate(authorityPem).getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    expect(read.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(ours);
  });

  test("has a serial number of its own", () => {
    const serials = Array.from({ length: 300 }, () => new X509Certificate(leaf("a.example.com")).serialNumber);
    expect(new Set(serials).size).toBe(300);
  });

  test("can be read whatever the host", () => {
    const host = fc.oneof(fc.domain(), fc.stringMatching(/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,60}){0,3}$/));
    fc.assert(
      fc.property(host, (name) => {
        const certificate = new X509Certificate(leaf(name));
        expect(certificate.subjectAltName).toBe(`DNS:${name}`);
        expect(certificate.verify(createPublicKey(key))).toBe(true);
        expect(new x509.X509Certificate(leaf(name)).serialNumber).toMatch(/^[0-9a-f]+$/);
      }),
      { numRuns: 200 },
    );
  });
});

describe("OpenSSL's strict check", requirement("openssl", probeOpenssl), () => {
  test("accepts both", () => {
    const folder = mkdtempSync(join(tmpdir(), "certificates-"));
    try {
      const [ca, host] = [join(folder, "ca.pem"), join(folder, "host.pem")];
      writeFileSync(ca, authorityPem);
      writeFileSync(host, leaf("api.example.com"));
      const strict = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "api.example.com"];
      expect(execFileSync("openssl", [...strict, "-CAfile", ca, host], { encoding: "utf8" })).toContain("OK");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function probeOpenssl(): string | undefined {
  try {
    execFileSync("openssl", ["version"]);
    return undefined;
  } catch {
    return "openssl is not installed (apt-get install openssl)";
  }
}
