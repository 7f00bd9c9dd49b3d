// Reads back from the proxy itself that it enforces the table that was written.

import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import type { EgressStatus } from "#domain/egress/control.ts";
import { bottlePaths } from "#lib/paths.ts";

import type { Desk } from "./desk.ts";

export type Live = { readonly ok: true; readonly version: number } | { readonly ok: false; readonly why: string };

const LONGEST_PAUSE_MS = 150;

/**
 * Asks until the proxy shows `digest`, at most `desk.liveWithin`: it reloads within milliseconds, and while init
 * restarts it nobody answers. Never throws.
 */
export async function whenLive(desk: Desk, slug: string, digest: string): Promise<Live> {
  const deadline = performance.now() + desk.liveWithin;
  let last: EgressStatus | undefined;
  for (let pause = 4; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const status = await answerOf(desk, slug);
    if (status?.table_digest === digest) return { ok: true, version: status.version };
    last = status ?? last;
    const over = performance.now() > deadline;
    if (status === undefined && (over || hasEnded(desk.root, slug)))
      return { ok: false, why: silence(desk.root, slug) };
    if (over) return { ok: false, why: refusal(last) };
    await delay(pause);
  }
}

async function answerOf(desk: Desk, slug: string): Promise<EgressStatus | undefined> {
  try {
    return await desk.egressStatus(slug);
  } catch {
    return undefined;
  }
}

/** The agent is gone, so nobody brings the proxy back. */
function hasEnded(root: string, slug: string): boolean {
  const { agent, egress } = bottlePaths(root, slug);
  return existsSync(agent.exit) || !existsSync(egress.dir);
}

function silence(root: string, slug: string): string {
  return hasEnded(root, slug) ? "the bottle does not run any more" : "its egress proxy does not answer";
}

function refusal(status: EgressStatus | undefined): string {
  const reason = status?.reload_error;
  return reason === undefined
    ? "its egress proxy did not take the new table"
    : `its egress proxy refused the new table (${reason})`;
}
