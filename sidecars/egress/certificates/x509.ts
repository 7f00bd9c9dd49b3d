// @peculiar/x509, loaded only when a certificate must be made: most starts of the proxy never need it at once.

type X509 = typeof import("@peculiar/x509");

export const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export function x509(): Promise<X509> {
  loading ??= load();
  return loading;
}

let loading: Promise<X509> | undefined;

async function load(): Promise<X509> {
  await import("reflect-metadata"); // the library's own dependencies call it and do not bring it
  return await import("@peculiar/x509");
}

/** A positive serial number of 16 random bytes in hex. */
export function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}
