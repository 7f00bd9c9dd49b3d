// cp: copies a file or a folder into a bottle, or out of it.

import { isAbsolute, resolve } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import { plainLine } from "#domain/plain-text.ts";
import { isSlug } from "#domain/slug.ts";

import { type CommandContext, defineCommand } from "../command.ts";
import { answer, note } from "../print.ts";

export const cp = defineCommand({
  arguments: [
    { name: "from", describe: "a path, or <slug>:<path> in a bottle", completes: "slug" },
    { name: "to", describe: "the other: exactly one of the two is in a bottle", completes: "slug" },
  ],
  options: {},
  details: [
    "Into <to> where that is a folder, else as <to>; <folder>/. means what is in the folder. In a bottle a relative path begins at the home, and what is copied belongs to node. On this machine what is copied out is yours.",
    "Links stay links. What comes out of a bottle is not trusted: links that lead elsewhere, pipes and devices are left out and named, and nothing outside of <to> is touched.",
  ],
  examples: [
    "bottle-dash cp notes.md reviewer-k3x9a:workspace/",
    "bottle-dash cp reviewer-k3x9a:workspace/report.html .",
    "bottle-dash cp ./data/. reviewer-k3x9a:/tmp/data",
  ],
  async run({ args }, context) {
    const [from, to] = [parsePlace(args.from), parsePlace(args.to)];
    if ((from.slug === undefined) === (to.slug === undefined)) {
      throw new BottleError("usage", "exactly one side must be in a bottle, as <slug>:<path>", {
        hint: "see `bottle-dash cp --help`",
      });
    }
    const console = await context.console();
    let leftOut: readonly { readonly path: string; readonly why: string }[] = [];
    if (to.slug !== undefined) await console.copyIn(to.slug, here(from.path, context), to.path);
    else ({ leftOut } = await console.copyOut(from.slug ?? "", from.path, here(to.path, context)));
    if (!context.json) for (const { path, why } of leftOut) note(context, `left out: ${plainLine(path)}: ${why}`);
    answer(context, { from: args.from, to: args.to, left_out: leftOut }, () => "");
  },
});

interface Place {
  readonly slug: string | undefined;
  readonly path: string;
}

/** As docker has it: a path with a colon in it begins with ./ or /. */
function parsePlace(text: string): Place {
  const colon = text.indexOf(":");
  const slug = text.slice(0, Math.max(0, colon));
  if (colon === -1 || !isSlug(slug)) return { slug: undefined, path: text };
  return { slug, path: text.slice(colon + 1) || "." };
}

/** Keeps what the end of a path says: a slash, or a dot behind one. */
function here(path: string, context: CommandContext): string {
  if (isAbsolute(path)) return path;
  const end = /(?:^|\/)\.?$/.exec(path)?.[0] ?? "";
  const whole = resolve(context.cwd(), path);
  return end === "" ? whole : `${whole}/${end.replaceAll("/", "")}`;
}
