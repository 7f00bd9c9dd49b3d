// Blocked and held requests and findings in the audit log, folded: the first of a kind at once, the others counted once a minute,
// so that an agent that tries a thousand times a second costs no disk write for each.

import type { AuditAction, AuditFact } from "#domain/audit/entry.ts";
import { plainLine } from "#domain/plain-text.ts";

export interface AuditTrail {
  /** `about` is what folds: host, port and rule. `detail` is one sentence on this very request. */
  note(
    action: Extract<AuditAction, "request-blocked" | "request-held" | "dlp-match">,
    about: string,
    detail: string,
  ): void;
  flush(): Promise<void>;
}

const WINDOW_MS = 60_000;
/** Single entries in a window; and lines in its summary. */
const MOST_SINGLE = 30;
const MOST_SUMMARY = 20;

export function openAuditTrail(
  append: (fact: AuditFact) => Promise<unknown>,
  problem: (message: string) => void,
): AuditTrail {
  let seen = new Map<string, { action: AuditAction; more: number }>();
  let beyond = 0;
  let timer: NodeJS.Timeout | undefined;
  const pending = new Set<Promise<unknown>>();

  const write = (action: AuditAction, detail: string): void => {
    const written = append({ actor: "agent", action, component: "egress", detail: plainLine(detail).slice(0, 1000) })
      .catch((error: Error) => problem(error.message))
      .finally(() => pending.delete(written));
    pending.add(written);
  };
  const summarise = (): void => {
    timer = undefined;
    const repeated = [...seen].filter(([, { more }]) => more > 0).toSorted(([, a], [, b]) => b.more - a.more);
    for (const [about, { action, more }] of repeated.slice(0, MOST_SUMMARY))
      write(action, `${more} more within a minute: ${about}`);
    const rest = beyond + repeated.slice(MOST_SUMMARY).reduce((sum, [, { more }]) => sum + more, 0);
    if (rest > 0) write("request-blocked", `${rest} more requests within a minute, of other kinds`);
    seen = new Map();
    beyond = 0;
  };

  return {
    note(action, about, detail) {
      timer ??= setTimeout(summarise, WINDOW_MS).unref();
      const before = seen.get(about);
      if (before !== undefined) before.more += 1;
      else if (seen.size >= MOST_SINGLE) beyond += 1;
      else {
        seen.set(about, { action, more: 0 });
        write(action, detail);
      }
    },
    async flush() {
      if (timer !== undefined) {
        clearTimeout(timer);
        summarise();
      }
      await Promise.all(pending);
    },
  };
}
