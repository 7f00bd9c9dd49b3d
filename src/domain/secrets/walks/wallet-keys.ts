// Bitcoin private keys as wallets export them: base58 with a checksum, so that nothing is one by chance.

import { decodeBase58Check } from "../checks/base58.ts";
import { latin1 } from "../utf8.ts";
import type { Found } from "../rule.ts";
import type { Work } from "../work.ts";

const LONGEST_KEY = 52;
export const LONGEST_WALLET_KEY = LONGEST_KEY + 2;
/** A key has at least 51 characters: one of these places is within it. */
const STRIDE = 48;
/** Decoding and hashing. */
const CHECKING = 12_000;
/** Of the main network, compressed or not. */
const FIRST: readonly number[] = Array.from("5KL", (char) => char.charCodeAt(0));
const MAIN_NETWORK = 0x80;

const IN_BASE58 = new Uint8Array(256);
for (const char of "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") IN_BASE58[char.charCodeAt(0)] = 1;

export function findWalletKeys(bytes: Uint8Array, work: Work, found: Found): void {
  for (let at = 0; at < bytes.length && work.left > 0; at += STRIDE) {
    if (IN_BASE58[bytes[at]!] === 0) continue;
    const start = edge(bytes, at, -1) + 1;
    const end = edge(bytes, at, 1);
    work.left -= end - start;
    const length = end - start;
    if (length !== LONGEST_KEY && length !== LONGEST_KEY - 1) continue;
    if (!FIRST.includes(bytes[start]!) || isLetterOrDigit(bytes[start - 1]) || isLetterOrDigit(bytes[end])) continue;
    work.left -= CHECKING;
    if (decodeBase58Check(latin1(bytes, start, end))?.[0] === MAIN_NETWORK) found(start, end);
  }
}

/** The first place that is not base58, no further away than a key is long. */
function edge(bytes: Uint8Array, from: number, step: 1 | -1): number {
  let at = from;
  for (let count = 0; count <= LONGEST_KEY && IN_BASE58[bytes[at] ?? 0] === 1; count += 1) at += step;
  return at;
}

function isLetterOrDigit(byte: number | undefined): boolean {
  return byte !== undefined && (IN_BASE58[byte] === 1 || "0OIl".includes(String.fromCharCode(byte)));
}
