// The roots that this machine trusts, as one PEM text.

import { readFile } from "node:fs/promises";

const PLACES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/** The system's bundle; where there is none, the roots that Node brings. */
export async function systemRoots(): Promise<string> {
  for (const place of PLACES) {
    const text = await readFile(place, "utf8").catch(() => "");
    if (text.includes("BEGIN CERTIFICATE")) return text;
  }
  const { rootCertificates } = await import("node:tls");
  return `${rootCertificates.join("\n")}\n`;
}
