// Follows one bottle: its container, its terminal while it runs, its sidecars while they do, and how it ended.

import type { BackendEvent } from "#contracts/backend.ts";
import type { RunStatus } from "#domain/fleet/run-status.ts";
import { NEW_FOR_MS } from "#lib/agent-end/ended.ts";
import { followSidecars } from "#lib/follow-sidecars.ts";
import { bottlePaths } from "#lib/paths.ts";

import { agentContainer, type AgentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import type { EngineEvent } from "../engine/engine.ts";
import { LABEL } from "../names.ts";
import { standingOf } from "../status.ts";
import { followTerminal, type TerminalFollower } from "./follow-terminal.ts";

export interface Follower {
  /** Something changed. `container` as it was listed just now, null for none; asked for when it is not given. */
  look(container?: AgentContainer | null): Promise<void>;
  heard(event: EngineEvent): Promise<void>;
  close(): void;
}

const NEWS = new Set(["create", "start", "die", "destroy", "rename"]);

export function followBottle(context: DockerContext, slug: string, emit: (event: BackendEvent) => void): Follower {
  const paths = bottlePaths(context.root, slug);
  let closed = false;
  let patience: NodeJS.Timeout | undefined;
  let terminal: TerminalFollower | undefined;
  const tell = (event: BackendEvent): void => {
    if (!closed) emit(event);
  };
  const status = onChange((next) => tell({ type: "run-status", slug, status: next }));
  const sidecar = (name: string, up: boolean, detail: string): void =>
    tell({ type: "sidecar", slug, sidecar: name, up, detail });
  const sidecars = followSidecars(paths, sidecar);

  const stopFollowing = (isOver: boolean): void => {
    terminal?.stop(isOver);
    terminal = undefined;
    sidecars.stop();
  };
  const examine = async (container: AgentContainer | null): Promise<void> => {
    const standing = await standingOf(context, slug, container ?? undefined);
    if (closed) return;
    status(standing);
    clearTimeout(patience);
    // A launch that never begins leaves no further sign.
    if (standing.phase === "starting") patience = setTimeout(() => void look().catch(() => {}), NEW_FOR_MS).unref();
    if (standing.phase !== "running" || container === null) return stopFollowing(true);
    if (terminal?.id !== container.id || terminal.isLost) {
      terminal?.stop(true);
      terminal = followTerminal(context, container, tell);
    }
    sidecars.start();
  };
  /** The engine tells of an end before it lists it. */
  let ended: string | undefined;
  const look = newestLast(async (listed?: AgentContainer | null) => {
    if (closed) return;
    const container = listed === undefined ? ((await agentContainer(context, slug)) ?? null) : listed;
    await examine(container !== null && container.id === ended ? { ...container, state: "over" } : container);
  });
  return {
    look,
    async heard(event) {
      const role = event.attributes[LABEL.role];
      if (role === "sidecars") tellContainer(event, sidecar);
      if (role === "agent" && event.action === "resize" && terminal?.id === event.id) terminal.resized(event);
      if (role !== "agent" || !NEWS.has(event.action)) return;
      if (event.action === "die") ended = event.id;
      else if (event.action === "start") ended = undefined;
      await look();
    },
    close() {
      closed = true;
      clearTimeout(patience);
      stopFollowing(false);
    },
  };
}

/** As the fleet calls what all sidecars run in. */
const CONTAINER = "container";

function tellContainer(
  { action, attributes }: EngineEvent,
  tell: (sidecar: string, up: boolean, detail: string) => void,
): void {
  if (action === "start") tell(CONTAINER, true, "");
  if (action !== "die") return;
  const code = attributes["exitCode"] ?? "unknown";
  tell(CONTAINER, false, `the sidecars' container ended with exit code ${code}: nothing gets out any more`);
}

/** Says a status only when it is another one. */
function onChange(tell: (status: RunStatus) => void): (status: RunStatus) => void {
  let told: RunStatus | undefined;
  return (next) => {
    const starting = told?.phase === "starting" && next.phase === "starting";
    if (starting || JSON.stringify(next) === JSON.stringify(told)) return;
    told = next;
    tell(next);
  };
}

/** One at a time; calls that come meanwhile are one more, with what the last of them knew. */
function newestLast<T>(work: (of?: T) => Promise<void>): (of?: T) => Promise<void> {
  let working: Promise<void> | undefined;
  let next: { readonly of: T | undefined } | undefined;
  const round = async (): Promise<void> => {
    try {
      while (next !== undefined) {
        const { of } = next;
        next = undefined;
        // oxlint-disable-next-line no-await-in-loop -- one at a time
        await work(of);
      }
    } finally {
      working = undefined;
    }
  };
  return (of) => {
    next = { of };
    working ??= round();
    return working;
  };
}
