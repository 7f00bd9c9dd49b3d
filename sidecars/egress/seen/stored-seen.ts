// What was asked for since the bottle was made, over restarts of the proxy: seen.json, written every few seconds.

import { type EgressRequest, EgressSeen } from "#domain/egress/control.ts";
import { readChecked } from "#lib/store/read-checked.ts";

import { openStateFile } from "../state-file.ts";
import { openSeen } from "./seen.ts";

export interface StoredSeen {
  /** One that has ended; one that still runs is left for later. */
  note(request: EgressRequest): void;
  read(): EgressSeen;
  /** Adds what an earlier run wrote. Once, when the proxy is ready: nobody waits for it. */
  recall(): Promise<void>;
  flush(): Promise<void>;
}

const WRITE_EVERY_MS = 5000;

/** Evidence for the operator, no guard: where it cannot be read it begins anew. */
export function openStoredSeen(path: string, problem: (message: string) => void): StoredSeen {
  const seen = openSeen(new Date());
  let recalled = false;
  const file = openStateFile({
    path,
    everyMs: WRITE_EVERY_MS,
    state: () => (recalled ? seen.read() : undefined), // else what an earlier run saw would be lost
    failed: (message) => problem(`what was asked for is not written down: ${message}`),
  });
  return {
    note(request) {
      if (request.open === true || request.protocol === "tcp") return;
      seen.note(request, new Date());
      file.changed();
    },
    read: () => seen.read(),
    async recall() {
      const earlier = await readChecked(path, EgressSeen);
      if (earlier.state === "ok") seen.add(earlier.value);
      if (earlier.state === "bad") problem(`${path}: ${earlier.message}; what was asked for is counted anew`);
      recalled = true;
    },
    flush: () => file.flush(),
  };
}
