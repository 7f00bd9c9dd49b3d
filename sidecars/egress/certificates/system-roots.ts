// The roots that this machine trusts, as one PEM text: for the bottle's bundle, and for the servers that the proxy asks.

import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

const PLACES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/** The system's bundle; where there is none, the roots that Node brings. */
export function systemRoots(): string {
  for (const place of PLACES) {
    const text = readText(place);
    if (text.includes("BEGIN CERTIFICATE")) return text;
  }
  return `${rootCertificates.join("\n")}\n`;
}

function readText(place: string): string {
  try {
    return readFileSync(place, "utf8");
  } catch {
    return ""; // not the place where this system has them
  }
}
