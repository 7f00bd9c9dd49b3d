// GitHub's tokens end with their own CRC32, six digits in base 62.

import { crc32 } from "./crc32.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM = 6;

/** Of the part behind the prefix and `_`. */
export function hasGithubChecksum(token: string): boolean {
  const body = token.slice(token.indexOf("_") + 1);
  return githubChecksum(body.slice(0, -CHECKSUM)) === body.slice(-CHECKSUM);
}

export function githubChecksum(random: string): string {
  let rest = crc32(random);
  let text = "";
  for (let place = 0; place < CHECKSUM; place += 1) {
    text = DIGITS[rest % 62]! + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
