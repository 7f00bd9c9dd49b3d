// What the tab Egress asks for outside: the proxy's word on a request, allowing and denying it, and changing the table.

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import { plainLine } from "#domain/plain-text.ts";
import type { RouteTable } from "#domain/egress/route.ts";

import { messageOf } from "./message-of.ts";
import type { Store } from "./store.ts";
import type { Effect } from "./view.ts";

/** One line for the operator. */
export interface Outcome {
  readonly tone: "good" | "bad" | "info";
  readonly text: string;
}

export async function explain(
  console: Console,
  { slug, request }: Extract<Effect, { type: "explain" }>,
  store: Store,
): Promise<void> {
  const verdict = await console.egress
    .test(slug, urlOf(request), request.method)
    .catch((error: unknown) => ({ problem: messageOf(error) }));
  store.dispatch({ type: "explained", request, verdict });
}

/** The address that the same request would go to again. */
export function urlOf({ scheme, host, port, path, protocol }: EgressRequest): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${name}:${port}${protocol === "tcp" ? "/" : path}`;
}

export async function allow(console: Console, effect: Extract<Effect, { type: "allow" }>): Promise<Outcome> {
  const { detail } = await console.egress.allow(effect.slug, effect.request, effect.shown);
  return { tone: "good", text: plainLine(detail) };
}

export async function deny(console: Console, effect: Extract<Effect, { type: "deny" }>): Promise<Outcome> {
  const { detail } = await console.egress.deny(effect.slug, effect.request, effect.reason);
  return { tone: "good", text: plainLine(detail) };
}

/** What a decision added is undone; everything else is taken out of the table that is on disk now. */
export async function removeRule(
  console: Console,
  { slug, row }: Extract<Effect, { type: "remove-rule" }>,
): Promise<Outcome> {
  const decision = row.type === "route" ? row.route.decision : row.exception.decision;
  const host = row.type === "route" ? row.route.host : row.exception.host;
  if (decision !== undefined && (await undone(console, decision))) {
    return { tone: "good", text: `${plainLine(host)}: the decision is undone` };
  }
  const { text, digest } = await console.egress.tableText(slug);
  const before = parseRouteTable(text);
  const after = without(before, row);
  if (after === before) return { tone: "info", text: `${plainLine(host)} is not in the table any more` };
  const { version } = await console.egress.editTable(slug, renderRouteTable(after), digest);
  return { tone: "good", text: `${plainLine(host)} is out of the table; in force as policy v${version}` };
}

/** False when the decision is gone with its bottle's archive. */
async function undone(console: Console, decision: string): Promise<boolean> {
  try {
    await console.undo(decision, "removed from the table");
    return true;
  } catch (error) {
    if (error instanceof BottleError && error.code === "not-found") return false;
    throw error;
  }
}

/** One rule less, where it stands exactly so; the same table when it does not. */
function without(table: RouteTable, row: Extract<Effect, { type: "remove-rule" }>["row"]): RouteTable {
  if (row.type === "exception") {
    const kept = (table.dlp_exceptions ?? []).filter((one) => JSON.stringify(one) !== JSON.stringify(row.exception));
    return kept.length === (table.dlp_exceptions ?? []).length ? table : { ...table, dlp_exceptions: kept };
  }
  const at = table.routes.findIndex((one) => JSON.stringify(one) === JSON.stringify(row.route));
  return at === -1 ? table : { ...table, routes: table.routes.toSpliced(at, 1) };
}
