// A slug is a bottle's identity: `<agent>-<random>`, safe as a folder name and as a socket name.

import { BottleError } from "./bottle-error.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const SLUG = /^[a-z0-9][a-z0-9_-]{0,79}$/;
export const NAME = /^[a-z][a-z0-9-]*$/;

/** `text` when it can be a slug; throws `invalid` for anything with a path character, a dot or upper case. */
export function parseSlug(text: string): string {
  if (isSlug(text)) return text;
  throw new BottleError("invalid", `${JSON.stringify(text)} is not a slug`, {
    hint: "a slug has only a-z, 0-9, - and _ (see `bottle-dash list`)",
  });
}

export function isSlug(text: string): boolean {
  return SLUG.test(text);
}

/** `random` are at least 5 bytes; each picks one letter or digit. */
export function newSlug(agent: string, random: Uint8Array): string {
  const suffix = Array.from(random.subarray(0, 5), (byte) => ALPHABET[byte % ALPHABET.length]);
  return parseSlug(`${agent.slice(0, 60)}-${suffix.join("")}`);
}
