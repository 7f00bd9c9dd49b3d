// cleanup: removes what ended bottles left, after showing it; never unread proposals or uncollected work unless forced.

import { painter } from "#modes/print/paint.ts";
import { cleanupTable } from "#modes/print/cleanup-table.ts";

import { confirm } from "../ask.ts";
import { wantsColor } from "../color.ts";
import { defineCommand } from "../command.ts";
import { answer, note } from "../print.ts";

export const cleanup = defineCommand({
  arguments: [
    {
      name: "slug",
      describe: "bottles that have ended (default: all of them)",
      optional: true,
      rest: true,
      completes: "slug",
    },
  ],
  options: {
    yes: { type: "boolean", short: "y", describe: "do not ask" },
    force: { type: "boolean", describe: "also those with unread proposals or uncollected work" },
    "dry-run": { type: "boolean", short: "n", describe: "show what would be removed, and stop" },
  },
  details: ["A running bottle is never removed. The audit log is never removed."],
  examples: ["bottle-dash cleanup --dry-run", "bottle-dash cleanup demo-a1b2c --yes"],
  async run({ args, options }, context) {
    const console = await context.console();
    const plan = await console.cleanupPlan(args.slug, options.force);
    if (options["dry-run"]) return answer(context, plan, () => cleanupTable(plan, "remove", painter(context.color)));
    const doomed = plan.filter((item) => item.remove);
    if (doomed.length > 0) {
      if (!options.yes)
        note(context, cleanupTable(plan, "remove", painter(wantsColor(context.env, context.stderr.isTTY === true))));
      await confirm(context, doomed.length === 1 ? "Remove it?" : `Remove these ${doomed.length}?`, options.yes);
      await console.cleanup(doomed);
    }
    answer(context, plan, () => cleanupTable(plan, "removed", painter(context.color)));
    return args.slug.length > 0 && doomed.length < plan.length ? 1 : 0;
  },
});
