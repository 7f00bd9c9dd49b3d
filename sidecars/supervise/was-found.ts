// Whether the proxy found something of one rule in a request to one host: what the proxy remembers, and what was put before
// the operator because of it. So that nobody asks ahead of need for a rule to be lifted.

import { EgressStatus } from "#domain/egress/control.ts";
import type { PipelockBlockPayload } from "#domain/proposal/proposal.ts";
import { bodyText, requestUnix } from "#lib/http-unix.ts";
import { readQueue } from "#lib/store/read-queue.ts";

import type { ToolContext } from "./tool.ts";

/** True where it cannot be known: the operator decides anyway. */
export async function wasFound(
  what: PipelockBlockPayload,
  context: Pick<ToolContext, "of" | "paths" | "signal">,
): Promise<boolean> {
  return (await wasAsked(what, context)) || (await isRemembered(what, context));
}

async function wasAsked({ host, finding }: PipelockBlockPayload, { of }: Pick<ToolContext, "of">): Promise<boolean> {
  const { items } = await readQueue(of);
  return items.some(
    ({ proposal }) =>
      (proposal.kind === "dlp-match" && proposal.payload.host === host && proposal.payload.rule === finding) ||
      (proposal.kind === "pipelock-block" && proposal.payload.host === host && proposal.payload.finding === finding),
  );
}

async function isRemembered(
  { host, finding }: PipelockBlockPayload,
  { paths, signal }: Pick<ToolContext, "paths" | "signal">,
): Promise<boolean> {
  try {
    const response = await requestUnix({ socket: paths.egress.control, method: "GET", path: "/status", signal });
    const { recent } = EgressStatus.parse(JSON.parse(await bodyText(response)));
    return recent.some((request) => request.host === host && request.findings?.some(({ rule }) => rule === finding));
  } catch {
    return true;
  }
}
