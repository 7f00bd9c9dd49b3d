// What is known of a secret where the secret itself is not: its length and keyed hashes, enough to recognise it and nothing more.

import { createHmac, timingSafeEqual } from "node:crypto";

import * as z from "zod";

import { textOf } from "./significant.ts";

/** What is shorter is too common a text: hiding it would hide others. */
export const SHORTEST = 8;
/** Hashed alone, so that a secret is suspected when it begins and not only when it has passed; a power of two. */
export const HEAD = 8;

export const Fingerprint = z.strictObject({
  name: z.string(),
  /** Bytes of its text (significant.ts). */
  length: z.int().min(SHORTEST),
  /** Rolling hash of its first HEAD bytes. */
  head: z.int(),
  /** Eight bits of the hash of each further HEAD bytes: what only begins like it is told apart soon, and nobody could guess from them. */
  steps: z.array(z.int().min(0).max(255)),
  mac: z.string(),
});
export type Fingerprint = z.infer<typeof Fingerprint>;

/** A polynomial over secret values of the bytes: nobody without the key can tell which text has which. */
export interface Hashes {
  readonly factor: number;
  readonly values: Int32Array;
  /** What a byte adds that came HEAD bytes ago. */
  readonly oldest: Int32Array;
}

export function hashesOf(key: Buffer): Hashes {
  const bytes = Buffer.concat(
    Array.from({ length: 33 }, (_, index) => createHmac("sha256", key).update(`rolling ${index}`).digest()),
  );
  const factor = bytes.readInt32LE(1024) | 1;
  let power = 1;
  for (let each = 0; each < HEAD; each += 1) power = Math.imul(power, factor);
  const values = Int32Array.from({ length: 256 }, (_, byte) => bytes.readInt32LE(byte * 4));
  return { factor, values, oldest: values.map((value) => Math.imul(value, power)) };
}

/** Undefined for what is too short. */
export function fingerprintOf(name: string, secret: string, key: Buffer): Fingerprint | undefined {
  const text = textOf(Buffer.from(secret, "utf8"));
  if (text.length < SHORTEST) return undefined;
  const hashes = hashesOf(key);
  const hash = (bytes: Buffer): number =>
    bytes.reduce((sum, byte) => (Math.imul(sum, hashes.factor) + (hashes.values[byte] as number)) | 0, 0);
  return {
    name,
    length: text.length,
    head: hash(text.subarray(0, HEAD)),
    steps: Array.from({ length: Math.floor(text.length / HEAD) - 1 }, (_, index) =>
      stepOf(hash(text.subarray((index + 1) * HEAD, (index + 2) * HEAD))),
    ),
    mac: macOf(text, key).toString("base64"),
  };
}

/** What is kept of a hash on the way through a secret. */
export function stepOf(hash: number): number {
  return hash >>> 24;
}

export function isIt({ mac }: Fingerprint, text: Buffer, key: Buffer): boolean {
  const known = Buffer.from(mac, "base64");
  const found = macOf(text, key);
  return known.length === found.length && timingSafeEqual(known, found);
}

function macOf(text: Buffer, key: Buffer): Buffer {
  return createHmac("sha256", key).update("secret ").update(text).digest();
}
