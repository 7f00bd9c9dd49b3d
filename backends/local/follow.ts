// Follows one bottle: its guest agent while it runs, its sidecars while they do, and how it ended.

import * as z from "zod";

import type { BackendEvent } from "#contracts/backend.ts";
import type { RunStatus } from "#domain/fleet/run-status.ts";
import { ShellActivity, type ShellEvent } from "#domain/guest-agent/protocol.ts";
import { isLaunching, launchingSince, NEW_FOR_MS } from "#lib/agent-end/ended.ts";
import { followSidecars } from "#lib/follow-sidecars.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";

import { connectGuest, type GuestClient } from "./sockets/guest-client.ts";
import { endedStatus } from "./status.ts";

export interface Follower {
  /** Something changed on disk. */
  look(): Promise<void>;
  close(): void;
}

export function followBottle(root: string, slug: string, emit: (event: BackendEvent) => void): Follower {
  const paths = bottlePaths(root, slug);
  let client: GuestClient | undefined;
  let closed = false;
  let patience: NodeJS.Timeout | undefined;
  const teller = newTeller(slug, (event) => {
    if (!closed) emit(event);
  });
  const sidecars = followSidecars(paths, (sidecar, up, detail) =>
    teller.tell({ type: "sidecar", slug, sidecar, up, detail }),
  );

  const examine = async (): Promise<void> => {
    if (client !== undefined || closed) return;
    const subscribed = isLaunching(paths) ? undefined : await subscribe(paths, teller.heard);
    if (closed) return subscribed?.client.close();
    if (subscribed === undefined) {
      const status = await notRunning(paths);
      teller.status(status);
      // A launch that never begins leaves no further sign.
      if (status.phase === "starting") patience ??= setTimeout(() => void look(), NEW_FOR_MS).unref();
      return;
    }
    client = subscribed.client;
    teller.running(subscribed.answer);
    sidecars.start();
    // The end of the connection is the end of the agent, or of the one who held its terminal.
    void client.closed.then(() => {
      client = undefined;
      sidecars.stop();
      return look();
    });
  };
  const look = oneAtATime(examine);
  return {
    look,
    close() {
      closed = true;
      clearTimeout(patience);
      client?.close();
      sidecars.stop();
    },
  };
}

const Subscribed = z.looseObject({
  started_at: z.string(),
  activity: z.enum(["busy", "idle"]).optional(),
  read: ShellActivity.optional(),
  read_since: z.string().optional(),
  last_line: z.string(),
});
type Subscribed = z.infer<typeof Subscribed>;

/** Undefined when nobody answers. */
async function subscribe(
  { agent }: BottlePaths,
  heard: (event: ShellEvent) => void,
): Promise<{ client: GuestClient; answer: Subscribed } | undefined> {
  const client = await connectGuest(agent.socket).catch(() => undefined);
  if (client === undefined) return undefined;
  const answer = Subscribed.safeParse(await client.subscribe(false, heard).catch(() => undefined));
  if (answer.success) return { client, answer: answer.data };
  client.close();
  return undefined;
}

async function notRunning(paths: BottlePaths): Promise<RunStatus> {
  if (isLaunching(paths)) return { phase: "starting", since: await launchingSince(paths) };
  return endedStatus(paths);
}

interface Teller {
  tell(event: BackendEvent): void;
  status(status: RunStatus): void;
  running(answer: Subscribed): void;
  heard(event: ShellEvent): void;
}

/** Says what it is told in a backend's words; a status only when it is another one. */
function newTeller(slug: string, tell: (event: BackendEvent) => void): Teller {
  let told: RunStatus | undefined;
  const status = (next: RunStatus): void => {
    const starting = told?.phase === "starting" && next.phase === "starting";
    if (starting || JSON.stringify(next) === JSON.stringify(told)) return;
    told = next;
    tell({ type: "run-status", slug, status: next });
  };
  return {
    tell,
    status,
    running(answer) {
      status({ phase: "running", since: answer.started_at });
      const at = new Date().toISOString();
      if (answer.activity !== undefined)
        tell({ type: "activity", slug, activity: answer.activity, at, authority: "terminal" });
      const { read, read_since: since = at } = answer;
      if (read !== undefined) tell({ type: "activity", slug, at, since, ...read });
      if (answer.last_line !== "") tell({ type: "last-line", slug, text: answer.last_line });
    },
    heard(event) {
      if (event.type === "activity") tell({ ...event, slug });
      if (event.type === "last-line") tell({ type: "last-line", slug, text: event.text });
    },
  };
}

/** A call while one is at work makes it go round once more. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let working: Promise<void> | undefined;
  let again = false;
  const round = async (): Promise<void> => {
    try {
      do {
        again = false;
        await work();
      } while (again);
    } finally {
      working = undefined;
    }
  };
  return () => {
    again = true;
    working ??= round();
    return working;
  };
}
