// watch: the fleet's events, one JSON object a line, until interrupted.

import type { Fleet } from "#domain/fleet/fleet.ts";
import { fleetChanges, wholeFleet } from "#modes/json/fleet-changes.ts";

import { defineCommand } from "../command.ts";
import { printJsonLine } from "../print.ts";
import { interrupted, streaming } from "../streaming.ts";

/** A timer's longest wait, in milliseconds. */
const LONGEST = 2_147_483_647;

export const watch = defineCommand({
  arguments: [],
  options: {},
  details: [
    "First an event for each bottle, proposal, host and problem that there is, then one for each change. The types: bottle, bottle-removed, proposal, proposal-archived, host, problem, problem-solved.",
  ],
  examples: ["bottle-dash watch | jq -c 'select(.type == \"proposal\")'"],
  async run(_input, context) {
    const console = await context.console();
    await console.start();
    let told = { fleet: console.fleet(), now: context.now() };
    let timer: NodeJS.Timeout | undefined;
    for (const event of wholeFleet(told.fleet, told.now)) printJsonLine(context, event);

    const tell = (): void => {
      const next = { fleet: console.fleet(), now: context.now() };
      for (const event of fleetChanges(told.fleet, next.fleet, told.now, next.now)) printJsonLine(context, event);
      told = next;
      clearTimeout(timer);
      const wait = untilNextDeadline(next.fleet, next.now);
      timer = wait === undefined ? undefined : setTimeout(tell, Math.min(wait, LONGEST));
    };
    const unsubscribe = console.subscribe(tell);
    tell(); // sets the timer, and tells what came between
    return streaming(context, async () => {
      await interrupted(context.signal);
      clearTimeout(timer);
      unsubscribe();
    });
  },
});

/** Milliseconds until a pending proposal expires: that is a change which no file tells of. */
function untilNextDeadline(fleet: Fleet, now: Date): number | undefined {
  const waits = fleet.inbox
    .filter((item) => item.decision === null && item.proposal.deadline !== undefined)
    .map((item) => Date.parse(item.proposal.deadline ?? "") - now.getTime())
    .filter((wait) => wait > 0);
  return waits.length === 0 ? undefined : Math.min(...waits) + 1;
}
