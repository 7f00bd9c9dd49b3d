// The keys that stand in a file of the operator's, and their removal from whatever is made of it: a second wall behind the
// allowlist, for a key that stands once more where nobody puts one.

import { PLACEHOLDER } from "./placeholder.ts";

/** Shorter ones ("ollama", "dummy") are no secrets, and stand in addresses too. */
const SHORTEST = 12;
const SECRET_NAMES = /key|token|secret|password|auth|credential|header|cookie/i;

/** Texts below members that are called like secrets, and those that addresses carry. */
export function keysIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  collect(value, false, found);
  return new Set([...found].filter((key) => key.length >= SHORTEST));
}

/** Texts with a key in them become placeholders; members that are called like one are left out. */
export function withoutKeys(value: unknown, keys: ReadonlySet<string>): unknown {
  if (typeof value === "string") return hasKey(value, keys) ? PLACEHOLDER : value;
  if (Array.isArray(value)) return value.map((member: unknown) => withoutKeys(member, keys));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !hasKey(name, keys));
  return Object.fromEntries(members.map(([name, member]) => [name, withoutKeys(member, keys)]));
}

/** In any case: the name of a host is written small. */
export function hasKey(text: string, keys: ReadonlySet<string>): boolean {
  const small = text.toLowerCase();
  return [...keys].some((key) => [key, encodeURI(key)].some((form) => small.includes(form.toLowerCase())));
}

function collect(value: unknown, isSecret: boolean, found: Set<string>): void {
  if (typeof value === "string") {
    if (isSecret) found.add(value);
    for (const part of partsOfAddress(value)) found.add(part);
  } else if (Array.isArray(value)) {
    for (const member of value) collect(member, isSecret, found);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) collect(member, isSecret || SECRET_NAMES.test(name), found);
  }
}

function partsOfAddress(text: string): string[] {
  if (!text.includes("://") || !URL.canParse(text)) return [];
  const { username, password, searchParams, hash } = new URL(text);
  return [username, password, ...searchParams.values(), hash.slice(1)];
}
