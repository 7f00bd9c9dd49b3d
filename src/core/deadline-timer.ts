// One timer for the next deadline in the inbox: expiry is the only thing that no file tells.

import type { Fleet } from "#domain/fleet/fleet.ts";

/** setTimeout takes no longer ones; the timer is then set again. */
const LONGEST_MS = 2 ** 31 - 1;

/** Call `look` with each new fleet; `passed` is called when a pending proposal's deadline is reached. */
export function createDeadlineTimer(now: () => Date, passed: () => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    look(fleet: Pick<Fleet, "inbox">): void {
      clearTimeout(timer);
      const next = nextDeadline(fleet, now());
      if (next === undefined) return;
      timer = setTimeout(passed, Math.min(LONGEST_MS, next - now().getTime() + 1));
      timer.unref();
    },
    close: () => clearTimeout(timer),
  };
}

function nextDeadline({ inbox }: Pick<Fleet, "inbox">, now: Date): number | undefined {
  const deadlines = inbox
    .filter(({ decision, undo }) => decision === null && undo === null)
    .map(({ proposal }) => new Date(proposal.deadline ?? Number.NaN).getTime())
    .filter((deadline) => deadline > now.getTime());
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}
