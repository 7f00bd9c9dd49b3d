// From an approved rule to the routes that it adds: one in the proxy's table, one in the definition.

import { ruleHost } from "#domain/definition/egress.ts";
import type { Route, RouteTable, TableRoute } from "#domain/egress/route.ts";

import { type Decision, ONCE_LIFETIME_MS, type Scope } from "./decision.ts";
import type { EgressBlockPayload, Proposal } from "./proposal.ts";

/** What was approved: the operator's edit, else the proposal's own rule. */
export function approvedRule(proposal: Proposal, decision: Decision | null): EgressBlockPayload | undefined {
  if (proposal.kind !== "egress-block") return undefined;
  const edited = decision?.final_payload;
  return edited !== undefined && "host" in edited ? edited : proposal.payload;
}

/** `slot` holds the credential that the rule's `auth` names; without one the route has none. */
export function tableRouteOf(
  rule: EgressBlockPayload,
  decision: Pick<Decision, "id" | "scope" | "expires_at">,
  slot: string | undefined,
): TableRoute {
  return {
    ...limitsOf(rule),
    ...(rule.auth === undefined || slot === undefined ? {} : { auth: { scheme: rule.auth.scheme, slot } }),
    decision: decision.id,
    ...(decision.scope === "once" ? { once: true } : {}),
    ...(decision.expires_at === undefined ? {} : { expires_at: decision.expires_at }),
  };
}

export function definitionRouteOf(rule: EgressBlockPayload): Route {
  return { ...limitsOf(rule), ...(rule.auth === undefined ? {} : { auth: rule.auth }) };
}

function limitsOf({ host, port, methods, path_allowlist }: EgressBlockPayload): Omit<Route, "auth"> {
  return {
    host: ruleHost(host),
    ...(port === undefined ? {} : { port }),
    ...(methods === undefined ? {} : { methods }),
    ...(path_allowlist === undefined ? {} : { path_allowlist }),
  };
}

/** Slot → the operator's variable that it was filled from at the launch; undefined where nobody wrote that down. */
export type FilledSlots = Readonly<Record<string, string>> | undefined;

/**
 * The slot of the running proxy that holds `tokenRef`: that of a route in the table whose host has this credential in the
 * definition. Undefined when the bottle got no such credential at its launch, or when the two do not agree on one slot.
 */
export function slotOf(
  tokenRef: string,
  table: RouteTable,
  definition: readonly Route[],
  filled?: FilledSlots,
): string | undefined {
  const hosts = definition.filter(({ auth }) => auth?.token_ref === tokenRef).map(({ host }) => ruleHost(host));
  const ours = table.routes.filter(
    ({ host, auth, decision }) => decision === undefined && auth !== undefined && hosts.includes(host),
  );
  const named = ours.flatMap(({ auth }) => auth?.slot ?? []);
  // A provider's own route may stand there instead, and the definition may have been changed since.
  const slots = new Set(filled === undefined ? named : named.filter((slot) => filled[slot] === tokenRef));
  const [slot] = slots;
  return slots.size === 1 ? slot : undefined;
}

/** The same the other way: slot → the operator's variable, for each that a route of the definition names. */
export function variablesOf(
  table: RouteTable,
  definition: readonly Route[],
  filled?: FilledSlots,
): Record<string, string> {
  const variables = new Set(definition.flatMap(({ auth }) => auth?.token_ref ?? []));
  return Object.fromEntries(
    [...variables].flatMap((variable) => {
      const slot = slotOf(variable, table, definition, filled);
      return slot === undefined ? [] : [[slot, variable]];
    }),
  );
}

/** ISO 8601: what the operator said, but for `once` at most ONCE_LIFETIME_MS from now. */
export function expiryOf(scope: Scope, wanted: string | undefined, now: Date): string | undefined {
  if (scope !== "once") return wanted;
  const latest = new Date(now.getTime() + ONCE_LIFETIME_MS);
  return wanted !== undefined && new Date(wanted) < latest ? wanted : latest.toISOString();
}
