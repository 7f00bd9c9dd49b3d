// Records a daemon's restart in the bottle's audit log. A disk that is full costs the entry and a line, never the daemon.

import type { DaemonName } from "#domain/sidecars/bundle.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

export interface RestartRecorder {
  record(daemon: DaemonName, detail: string): void;
  /** Resolves when everything recorded so far is on the disk, or lost. */
  done(): Promise<void>;
}

export function restartRecorder(of: QueueOf, tell: (problem: string) => void): RestartRecorder {
  let last = Promise.resolve();
  return {
    record(component, detail) {
      const fact = { actor: "sidecar:init", action: "sidecar-restarted", component, detail } as const;
      last = appendAudit(of, fact, new Date()).then(
        () => {},
        (error: unknown) =>
          tell(`the audit log misses a restart: ${error instanceof Error ? error.message : String(error)}`),
      );
    },
    done: () => last,
  };
}
