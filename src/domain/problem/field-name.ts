// How messages name a place inside a value. On its own, so that readers of JSON do not load YAML.

import { plainLine } from "#domain/plain-text.ts";

/** `egress.routes[0].host`. */
export function fieldName(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    const key = plainLine(String(part)).slice(0, 80);
    return /^[\w-]+$/.test(key) ? `.${key}` : `.${JSON.stringify(key)}`;
  });
  return parts.join("").replace(/^\./, "");
}
