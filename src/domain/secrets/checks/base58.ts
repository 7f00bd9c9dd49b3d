// Base58 with the checksum that wallets put at the end: four bytes of a double SHA-256.

import { sha256 } from "./sha256.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const CHECKSUM = 4;

/** What it says, without the checksum; undefined when that does not fit. */
export function decodeBase58Check(text: string): Uint8Array | undefined {
  const bytes = decodeBase58(text);
  if (bytes === undefined || bytes.length <= CHECKSUM) return undefined;
  const payload = bytes.subarray(0, -CHECKSUM);
  const sum = sha256(sha256(payload));
  return bytes.subarray(-CHECKSUM).every((byte, index) => byte === sum[index]) ? payload : undefined;
}

function decodeBase58(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  for (const char of text) {
    let carry = ALPHABET.indexOf(char);
    if (carry === -1) return undefined;
    for (let at = 0; at < bytes.length; at += 1) {
      carry += bytes[at]! * 58;
      bytes[at] = carry & 0xff;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 0xff);
  }
  for (let at = 0; text[at] === "1"; at += 1) bytes.push(0);
  return Uint8Array.from(bytes.toReversed());
}
