// The asking side, loaded when a request is first refused or held: most starts of the proxy only need the table.

import type { QueueOf } from "#lib/store/queue-files.ts";

import type { Asking } from "./asking.ts";

export interface LazyAsking extends Asking {
  flush(): Promise<void>;
}

export function askLazily(of: QueueOf, problem: (message: string) => void): LazyAsking {
  let opening: Promise<Asking> | undefined;
  let opened: Asking | undefined;
  const open = (): Promise<Asking> => {
    opening ??= load(of, problem).then((asking) => (opened = asking));
    opening.catch((error: Error) => {
      problem(`the operator cannot be asked: ${error.message}`);
      opening = undefined; // the next request tries again
    });
    return opening;
  };
  return {
    audit: {
      note: (...facts) =>
        void open()
          .then(({ audit }) => audit.note(...facts))
          .catch(() => {}), // told above
      flush: async () => opened?.audit.flush(),
    },
    blocked: {
      propose: (request, now) =>
        open()
          .then(({ blocked }) => blocked.propose(request, now))
          .catch(() => undefined),
      flush: async () => opened?.blocked.flush(),
      close: () => opened?.blocked.close(),
    },
    holds: {
      hold: async (request, first, ...rest) => {
        const { holds } = await open();
        return holds.hold(request, first, ...rest);
      },
      holdFinding: async (...question) => {
        const { holds } = await open();
        return holds.holdFinding(...question);
      },
      recheck: () => opened?.holds.recheck(),
    },
    alarm: {
      raise: (found) =>
        void open()
          .then(({ alarm }) => alarm.raise(found))
          .catch(() => {}), // told above
      flush: async () => opened?.alarm.flush(),
    },
    async flush() {
      opened?.blocked.close();
      await Promise.all([opened?.blocked.flush(), opened?.audit.flush(), opened?.alarm.flush()]);
    },
  };
}

async function load(of: QueueOf, problem: (message: string) => void): Promise<Asking> {
  const { openAsking } = await import("./asking.ts");
  return openAsking(of, problem);
}
