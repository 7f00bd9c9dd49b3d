// egress: the live table of one bottle, changes to it, what would happen to a request, and what it asked for.

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { plainLine } from "#domain/plain-text.ts";
import { egressStatusText } from "#modes/print/egress-text.ts";
import { painter } from "#modes/print/paint.ts";

import { defineCommand, type CommandContext } from "../command.ts";
import { answer, note, printText } from "../print.ts";

export const egress = defineCommand({
  arguments: [
    { name: "slug", describe: "a running bottle", completes: "slug" },
    {
      name: "action",
      describe: "show (default), add, remove, edit, test, learn, requests (as they come), or pipelock",
      optional: true,
      choices: ["show", "add", "remove", "edit", "test", "learn", "requests", "pipelock"],
    },
    { name: "target", describe: "the host to add or remove, the URL to test", optional: true },
  ],
  options: {
    port: { type: "string", value: "port", describe: "add: another port than 443" },
    method: {
      type: "string",
      short: "m",
      value: "method",
      multiple: true,
      describe: "add: only this method; test: the method (default GET)",
    },
    path: { type: "string", value: "prefix", multiple: true, describe: "add: only below this path" },
    http: { type: "boolean", describe: "add: plain HTTP as well" },
    header: {
      type: "string",
      value: "name: value",
      multiple: true,
      describe: "test: a header that the request would have",
    },
    host: { type: "string", value: "host", describe: "requests: only to this host, or *.host" },
    verdict: {
      type: "string",
      value: "verdict",
      describe: "requests: only those",
      choices: ["allow", "block", "hold", "redact"],
    },
    since: {
      type: "string",
      value: "time",
      describe: "learn: only what was seen since; requests: only the recent ones",
    },
    follow: { type: "boolean", short: "f", describe: "requests --since: go on with new ones until interrupted" },
    apply: { type: "boolean", describe: "learn: add what was refused to the live table" },
    yes: { type: "boolean", short: "y", describe: "learn --apply: do not ask" },
  },
  details: [
    "show prints the table that is in force, as the proxy itself tells it. test says what would happen to a request, step by step; nothing is sent (wss:// for a WebSocket, tcp://host:port for a tunnel). What is added here lasts as long as the bottle; a credential is never added here.",
    "edit opens the whole table in your editor, checks it when you leave, and puts it in force. learn proposes the least table for what was seen, as YAML for the definition; what was refused stands there as comments until --apply adds it. pipelock prints the same table for pipelock, as a second proxy behind ours.",
  ],
  examples: [
    "bottle-dash egress reviewer-k3x9a",
    "bottle-dash egress reviewer-k3x9a test https://api.github.com/user --method POST",
    "bottle-dash egress reviewer-k3x9a add api.github.com --method GET --path /repos/acme/",
    "bottle-dash egress reviewer-k3x9a requests --verdict block --since 10m",
    "bottle-dash egress reviewer-k3x9a learn > routes.yaml",
  ],
  async run({ args, options }, context) {
    const console = await context.console();
    const { slug, target } = args;
    switch (args.action ?? "show") {
      case "show":
        return showStatus(console, slug, context, await console.egress.status(slug));
      case "add": {
        const { routeFrom } = await import("../egress/route-from.ts");
        const route = routeFrom(demand(target, "a host"), options);
        return showChanged(console, slug, context, `added ${route.host}`, await console.egress.add(slug, route));
      }
      case "remove": {
        const host = demand(target, "a host");
        return showChanged(console, slug, context, `removed ${host}`, await console.egress.remove(slug, host));
      }
      case "edit": {
        const { editTable } = await import("../egress/edit-table.ts");
        return showStatus(console, slug, context, await editTable(console, slug, context));
      }
      case "test": {
        const { testRequest } = await import("../egress/test-request.ts");
        return testRequest(console, slug, { ...options, url: demand(target, "a URL") }, context);
      }
      case "learn": {
        const { learn } = await import("../egress/learn.ts");
        return learn(console, slug, options, context);
      }
      case "requests": {
        const { requests } = await import("../egress/requests.ts");
        return requests(console, slug, options, context);
      }
      case "pipelock":
        return pipelock(console, slug, context);
    }
  },
});

/** What changed stands beside the table, which may be long. */
async function showChanged(
  console: Console,
  slug: string,
  context: CommandContext,
  what: string,
  status: Awaited<ReturnType<Console["egress"]["status"]>>,
): Promise<void> {
  await showStatus(console, slug, context, status);
  if (!context.json)
    note(context, `bottle-dash: ${plainLine(what)}: version ${status.version} of the table is in force`);
}

async function showStatus(
  console: Console,
  slug: string,
  context: CommandContext,
  status: Awaited<ReturnType<Console["egress"]["status"]>>,
): Promise<void> {
  // A definition that is gone or broken costs the names alone.
  const names = context.json ? {} : await console.egress.credentials(slug).catch(() => ({}));
  answer(context, status, () => egressStatusText(status, context.now(), painter(context.color), names));
}

async function pipelock(console: Console, slug: string, context: CommandContext): Promise<void> {
  const [{ pipelockText }, { parsePipelock }] = await Promise.all([
    import("#core/egress/write-table.ts"),
    import("#domain/egress/pipelock.ts"),
  ]);
  const { table } = await console.egress.status(slug);
  const text = pipelockText({ root: console.root, slug }, table);
  if (context.json) answer(context, parsePipelock(text), () => "");
  else printText(context, text.trimEnd());
}

function demand(target: string | undefined, what: string): string {
  if (target !== undefined) return target;
  throw new BottleError("usage", `<target> is missing: ${what}`, { hint: "see `bottle-dash egress --help`" });
}
