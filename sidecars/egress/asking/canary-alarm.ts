// The canary was sent: an alarm in the operator's inbox, which is there until somebody has looked. Nobody waits for an
// answer, and nothing can be approved; one alarm of a bottle waits at a time, however often and wherever it is sent.

import { plainLine } from "#domain/plain-text.ts";
import type { DlpMatchPayload } from "#domain/proposal/proposal.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

export interface CanaryAlarm {
  /** Never throws: the request is refused whether or not this could be written. */
  raise(found: DlpMatchPayload): void;
  flush(): Promise<void>;
}

/** An agent that sends it a thousand times a second costs one disk write in this time; the audit log counts. */
const RAISE_EVERY_MS = 2000;

export function openCanaryAlarm(of: QueueOf, problem: (message: string) => void): CanaryAlarm {
  let raised = -Infinity;
  let writing: Promise<unknown> = Promise.resolve();
  return {
    raise(found) {
      if (performance.now() - raised < RAISE_EVERY_MS) return;
      raised = performance.now();
      writing = createProposal(of, draftOf(found), new Date()).catch((error: Error) => {
        raised = -Infinity; // the next one tries again
        problem(`the canary was sent to ${found.host}, and no alarm could be raised: ${error.message}`);
      });
    },
    flush: async () => void (await writing),
  };
}

function draftOf(found: DlpMatchPayload) {
  const { method, path, where, excerpt } = found;
  return {
    kind: "dlp-match" as const,
    payload: {
      ...found,
      method: method.slice(0, 20),
      path: plainLine(path).slice(0, 8192),
      where: plainLine(where).slice(0, 300),
      excerpt: plainLine(excerpt).slice(0, 500),
    },
    justification: `Blocked by the egress proxy: the bottle's canary was about to leave in the ${plainLine(where)}.`,
    origin: "blocked-request" as const,
  };
}
