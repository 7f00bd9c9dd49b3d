// The bottle's own secrets, which must not leave in a request: the tokens that the proxy injects, what the operator
// answered when the bottle was started (EGRESS_SECRET_<NAME>), and the canary, which stands in the bottle to be stolen.

import { CANARY_RULE } from "#domain/proposal/approved-exception.ts";
import type { OwnSecret } from "#domain/secrets/scanner.ts";

import type { Slots } from "../policy/headers.ts";

/** A shorter value is a word that ordinary requests contain. */
const SHORTEST = 8;

/**
 * All that is looked for, each value once. A token `user:password` (Basic) is looked for by its password as well, and a
 * value with quotation marks, backslashes, line ends or letters beyond ASCII also as it stands in JSON.
 */
export function ownSecrets(slots: Slots, secrets: readonly OwnSecret[]): OwnSecret[] {
  const byValue = new Map<string, OwnSecret>();
  const add = (secret: OwnSecret): void => {
    const known = byValue.get(secret.value);
    if (secret.value.length >= SHORTEST && known?.rule !== CANARY_RULE) byValue.set(secret.value, secret);
  };
  for (const [slot, token] of slots) {
    const rule = `own:${slot.toLowerCase()}`;
    const password = token.slice(token.indexOf(":") + 1);
    add({ rule, value: token });
    add({ rule, value: password });
  }
  for (const secret of secrets) add(secret);
  const asTheyAre = Array.from(byValue.values());
  for (const { rule, value } of asTheyAre) {
    const escaped = JSON.stringify(value).slice(1, -1);
    add({ rule, value: escaped });
    for (const digits of [lower, upper]) add({ rule, value: escaped.replaceAll(/[\u0080-\uffff]/g, digits) });
  }
  return [...byValue.values()];
}

/** A character that is not ASCII as many JSON writers write it. */
function lower(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function upper(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
