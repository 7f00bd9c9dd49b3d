// A running bottle's sidecars, from init's health socket: up and down as init says, and init itself when it is gone.

import { BundleHealth, type DaemonHealth } from "#domain/sidecars/bundle.ts";

import { jsonSocket, type JsonSocket } from "./json-socket.ts";
import type { BottlePaths } from "./paths.ts";
import { connectUnix } from "./unix-socket.ts";

export interface SidecarFollower {
  start(): void;
  stop(): void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 15_000;

export function followSidecars(
  { init }: BottlePaths,
  heard: (sidecar: string, up: boolean, detail: string) => void,
): SidecarFollower {
  let wanted = false;
  let connection: JsonSocket<never> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let wait = FIRST_RETRY_MS;
  const told = new Map<string, string>();

  const tell = (sidecar: string, up: boolean, detail: string): void => {
    const text = `${up} ${detail}`;
    if (!wanted || told.get(sidecar) === text) return;
    told.set(sidecar, text);
    heard(sidecar, up, detail);
  };
  const again = (): void => {
    connection = undefined;
    if (!wanted) return;
    tell("init", false, "init does not answer: a sidecar that dies is not restarted");
    retry = setTimeout(() => void connect(), wait).unref();
    wait = Math.min(LAST_RETRY_MS, wait * 2);
  };
  const connect = async (): Promise<void> => {
    const socket = await connectUnix(init.socket).catch(() => undefined);
    if (socket === undefined) return again();
    if (!wanted) return void socket.destroy();
    connection = jsonSocket<typeof BundleHealth, never>(socket, BundleHealth, {
      message({ daemons }) {
        wait = FIRST_RETRY_MS;
        tell("init", true, "");
        for (const daemon of daemons) tell(daemon.name, daemon.state === "ready", describe(daemon));
      },
      bad: () => socket.destroy(),
      closed: again,
    });
  };
  return {
    start() {
      if (wanted) return;
      wanted = true;
      told.clear();
      void connect();
    },
    stop() {
      wanted = false;
      clearTimeout(retry);
      connection?.socket.destroy();
      connection = undefined;
    },
  };
}

function describe({ state, restarts, last_exit: lastExit }: DaemonHealth): string {
  if (state === "ready") return restarts === 0 ? "" : `restarted ${restarts} times`;
  return lastExit === null ? state : `${state} after ${lastExit}`;
}
