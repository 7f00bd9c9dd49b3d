// Whether the name of a host may be asked for and dialled: below a wildcard it is the agent's own words, and to ask for its
// address tells it to whoever answers for it.

import type { TableRoute } from "#domain/egress/route.ts";

import { type Refusal, secretFound } from "../policy/refusal.ts";
import { inWords } from "./outbound/finding.ts";
import { type Masking, SHOW_NOTHING } from "./shown.ts";

export interface SecretInHost {
  /** Undefined where the name could not be looked at. */
  readonly rule: string | undefined;
  readonly refusal: Refusal;
}

/** It cannot be replaced, nor put before the operator without being shown, whatever the route does about secrets. */
export function secretInHost(
  host: string,
  spelled: readonly string[],
  route: Pick<TableRoute, "host">,
  masking: Masking,
): SecretInHost | undefined {
  if (!route.host.startsWith("*.")) return undefined;
  if (masking === SHOW_NOTHING) {
    const reason = "a name below a wildcard cannot be looked at for secrets, so it is not asked for";
    return { rule: undefined, refusal: { status: 503, code: "inspection_failed", rule: "inspection", reason } };
  }
  const rule = masking.secretInHost(host, spelled);
  if (rule === undefined) return undefined;
  const refusal = secretFound(rule, inWords(rule), "host name", "it cannot be replaced there");
  return { rule, refusal };
}
