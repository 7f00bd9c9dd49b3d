// What the files of a bottle say, as fleet events: read one by one, whoever asks for them.

import type * as z from "zod";

import { AgentReport } from "#domain/fleet/agent-report.ts";
import type { FleetEvent } from "#domain/fleet/event.ts";
import { Isolation } from "#domain/fleet/isolation.ts";
import { Metadata } from "#domain/fleet/metadata.ts";
import { ExitRecord, type RunStatus } from "#domain/fleet/run-status.ts";
import { CredentialRecord } from "#domain/provider/credential.ts";
import { Uses } from "#domain/proposal/decision.ts";
import { bottlePaths } from "#lib/paths.ts";
import { queueFolders, type QueueOf } from "#lib/store/queue-files.ts";
import { readChecked } from "#lib/store/read-checked.ts";
import { type QueueItem, readItem } from "#lib/store/read-queue.ts";
import { readUses } from "#lib/store/read-uses.ts";

export type Said =
  | { readonly state: "ok"; readonly events: readonly FleetEvent[] }
  | { readonly state: "missing" }
  | { readonly state: "bad"; readonly where: string; readonly message: string };

/** Path → how to read it; the metadata first, which makes the row that the others are about. */
export function stateFiles({ root, slug }: QueueOf): ReadonlyMap<string, () => Promise<Said>> {
  const { metadata, isolation, agent, egress, credentials } = bottlePaths(root, slug);
  return new Map([
    file(metadata, Metadata, (value) => ({ type: "bottle-found", slug, metadata: value })),
    file(isolation, Isolation, (value) => ({ type: "isolation", slug, isolation: value })),
    file(agent.exit, ExitRecord, (value) => ({ type: "run-status", slug, status: statusOf(value) })),
    file(credentials, CredentialRecord, (record) => ({ type: "credentials", slug, record })),
    file(agent.state, AgentReport, ({ state, at, since, detail, event }) => ({
      type: "activity",
      slug,
      activity: state,
      at,
      ...(since === undefined ? {} : { since }),
      authority: "agent",
      detail,
      rule: event,
    })),
    file(egress.uses, Uses, (uses) => ({ type: "uses", slug, uses })),
  ]);
}

/** A proposal, then what became of it, then its use: the file of uses may have been told before the proposal was known. */
export async function readQueueItem(of: QueueOf, id: string): Promise<Said> {
  const item = await readItem(queueFolders(of).queue, of.slug, id);
  if (item.state !== "ok") return item;
  return { state: "ok", events: [...eventsOf(of.slug, item.value), ...(await useOf(of, item.value))] };
}

function file<S extends z.ZodType>(
  path: string,
  schema: S,
  event: (value: z.infer<S>) => FleetEvent,
): [string, () => Promise<Said>] {
  return [
    path,
    async () => {
      const read = await readChecked(path, schema);
      if (read.state === "bad") return { ...read, where: path };
      return read.state === "ok" ? { state: "ok", events: [event(read.value)] } : read;
    },
  ];
}

function* eventsOf(slug: string, { proposal, seen, decision, undo }: QueueItem): Generator<FleetEvent> {
  yield { type: "proposal", proposal };
  if (seen !== null) yield { type: "proposal-seen", slug, id: proposal.id, seen };
  if (decision !== null) yield { type: "decision", slug, decision };
  if (undo !== null) yield { type: "undo", slug, undo };
}

async function useOf(of: QueueOf, { proposal, decision }: QueueItem): Promise<FleetEvent[]> {
  if (decision === null || decision.status === "rejected" || proposal.kind === "question") return [];
  const { uses } = await readUses(of);
  const use = uses[proposal.id];
  return use === undefined ? [] : [{ type: "uses", slug: of.slug, uses: { [proposal.id]: use } }];
}

function statusOf({ at, exit_code, signal, reason }: ExitRecord): RunStatus {
  return reason === "stopped" ? { phase: "stopped", since: at } : { phase: "exited", since: at, exit_code, signal };
}
