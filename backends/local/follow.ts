// Follows one bottle: its guest agent while it runs, its sidecars while they do, and how it ended.

import * as z from "zod";

import type { BackendEvent } from "#contracts/backend.ts";
import type { RunStatus } from "#domain/fleet/run-status.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import { bottlePaths } from "#lib/paths.ts";

import { followSidecars } from "./follow-sidecars.ts";
import { connectGuest, type GuestClient } from "./sockets/guest-client.ts";
import { endedStatus, isLaunching, launchingSince, NEW_FOR_MS } from "./status.ts";

export interface Follower {
  /** Something changed on disk. */
  look(): Promise<void>;
  close(): void;
}

const Subscribed = z.looseObject({ started_at: z.string(), activity: z.enum(["busy", "idle"]), last_line: z.string() });
const AUTHORITY = "terminal";

export function followBottle(root: string, slug: string, emit: (event: BackendEvent) => void): Follower {
  const paths = bottlePaths(root, slug);
  let client: GuestClient | undefined;
  let closed = false;
  let told: RunStatus | undefined;
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let patience: NodeJS.Timeout | undefined;

  const tell = (status: RunStatus): void => {
    const starting = told?.phase === "starting" && status.phase === "starting";
    if (closed || starting || JSON.stringify(status) === JSON.stringify(told)) return;
    told = status;
    emit({ type: "run-status", slug, status });
  };
  const heard = (event: ShellEvent): void => {
    if (closed) return;
    if (event.type === "activity") emit({ type: "activity", slug, activity: event.activity, at: event.at, authority: AUTHORITY });
    if (event.type === "last-line") emit({ type: "last-line", slug, text: event.text });
  };
  const sidecars = followSidecars(paths, slug, (event) => {
    if (!closed) emit(event);
  });

  const notRunning = async (): Promise<void> => {
    const status = await endedStatus(paths);
    tell(status);
    // A launch that never begins leaves no further sign.
    if (status.phase === "starting") patience ??= setTimeout(() => void look(), NEW_FOR_MS).unref();
  };
  const examine = async (): Promise<void> => {
    if (client !== undefined || closed) return;
    if (isLaunching(paths)) return tell({ phase: "starting", since: await launchingSince(paths) });
    const connected = await connectGuest(paths.agent.socket).catch(() => undefined);
    if (connected === undefined) return notRunning();
    const subscribed = Subscribed.safeParse(await connected.subscribe(false, heard).catch(() => undefined));
    if (!subscribed.success) {
      connected.close();
      return notRunning();
    }
    if (closed) return connected.close();
    client = connected;
    const { started_at: since, activity, last_line: text } = subscribed.data;
    tell({ phase: "running", since });
    emit({ type: "activity", slug, activity, at: new Date().toISOString(), authority: AUTHORITY });
    if (text !== "") emit({ type: "last-line", slug, text });
    sidecars.start();
    // The end of the connection is the end of the agent, or of the one who held its terminal.
    void connected.closed.then(async () => {
      client = undefined;
      sidecars.stop();
      await look();
    });
  };
  const look = async (): Promise<void> => {
    if (looking !== undefined) {
      lookAgain = true;
      return looking;
    }
    looking = (async () => {
      do {
        lookAgain = false;
        await examine();
      } while (lookAgain);
    })();
    try {
      await looking;
    } finally {
      looking = undefined;
    }
  };
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
