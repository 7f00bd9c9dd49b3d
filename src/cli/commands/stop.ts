// stop: ends agents and their sidecars; their homes stay for `resume`.

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";

import { canAsk, confirm } from "../ask.ts";
import { defineCommand } from "../command.ts";
import { didYouMean } from "../parse-arguments.ts";
import { answer, note } from "../print.ts";

export const stop = defineCommand({
  arguments: [{ name: "slug", describe: "one or more bottles", rest: true, completes: "slug" }],
  options: { yes: { type: "boolean", short: "y", describe: "do not ask" } },
  details: [
    "In a terminal it shows what ends and asks. Nothing is deleted: the home, the logs and the proposals stay until `cleanup`.",
  ],
  examples: ["bottle-dash stop reviewer-k3x9a", "bottle-dash stop reviewer-k3x9a demo-a1b2c --yes"],
  async run({ args, options }, context) {
    const console = await context.console();
    demandBottles(await console.snapshot(), args.slug);
    if (!options.yes && !context.json && canAsk(context)) {
      for (const slug of args.slug)
        note(context, `${slug}: its agent and its sidecars end; its home, logs and proposals stay`);
      await confirm(context, args.slug.length === 1 ? "Stop it?" : `Stop these ${args.slug.length}?`, false);
    }
    await stopAll(console, args.slug);
    answer(
      context,
      args.slug.map((slug) => ({ slug, stopped: true })),
      () => args.slug.map((slug) => `${slug} stopped`).join("\n"),
    );
  },
});

async function stopAll(console: Console, slugs: readonly string[]): Promise<void> {
  const results = await Promise.allSettled(slugs.map((slug) => console.stop(slug)));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function demandBottles(fleet: Fleet, slugs: readonly string[]): void {
  const known = fleet.bottles.map((row) => row.slug);
  for (const slug of slugs) {
    if (known.includes(slug)) continue;
    throw new BottleError("not-found", `there is no bottle ${JSON.stringify(slug)}${didYouMean(slug, known)}`, {
      hint: "see `bottle-dash list`",
    });
  }
}
