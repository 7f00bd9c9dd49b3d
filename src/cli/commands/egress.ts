// egress: the live table of one bottle, changes to it, and what would happen to a request.

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Route } from "#domain/egress/route.ts";
import { egressStatusText, requestLine, verdictText } from "#modes/print/egress-text.ts";
import { painter } from "#modes/print/paint.ts";

import { defineCommand, type CommandContext, type ExitCode } from "../command.ts";
import { parseCount } from "../option-values.ts";
import { answer, printJsonLine, printText } from "../print.ts";
import { streaming } from "../streaming.ts";

interface Options {
  readonly port: string | undefined;
  readonly method: readonly string[];
  readonly path: readonly string[];
  readonly http: boolean;
}

export const egress = defineCommand({
  arguments: [
    { name: "slug", describe: "a running bottle", completes: "slug" },
    {
      name: "action",
      describe: "show (default), add, remove, test, or requests (as they end)",
      optional: true,
      choices: ["show", "add", "remove", "test", "requests"],
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
  },
  details: [
    "show prints the table that is in force, as the proxy itself tells it. test says what would happen to a request and by which rule; nothing is sent. What is added here lasts as long as the bottle; a credential is never added here.",
  ],
  examples: [
    "bottle-dash egress reviewer-k3x9a",
    "bottle-dash egress reviewer-k3x9a test https://api.github.com/user --method POST",
    "bottle-dash egress reviewer-k3x9a add api.github.com --method GET --path /repos/acme/",
  ],
  async run({ args, options }, context) {
    const console = await context.console();
    const { slug, target } = args;
    switch (args.action ?? "show") {
      case "show":
        return showStatus(context, await console.egress.status(slug));
      case "add":
        return showStatus(context, await console.egress.add(slug, await routeFrom(demand(target, "a host"), options)));
      case "remove":
        return showStatus(context, await console.egress.remove(slug, demand(target, "a host")));
      case "test":
        return test(console, slug, demand(target, "a URL"), options.method, context);
      case "requests":
        return streaming(context, () =>
          console.egress.requests(
            slug,
            (request) =>
              context.json
                ? printJsonLine(context, request)
                : printText(context, requestLine(request, painter(context.color))),
            context.signal,
          ),
        );
    }
  },
});

function showStatus(context: CommandContext, status: Awaited<ReturnType<Console["egress"]["status"]>>): void {
  answer(context, status, () => egressStatusText(status, context.now(), painter(context.color)));
}

async function test(
  console: Console,
  slug: string,
  url: string,
  methods: readonly string[],
  context: CommandContext,
): Promise<ExitCode> {
  if (!URL.canParse(url))
    throw new BottleError("usage", `${JSON.stringify(url)} is no URL`, { hint: "write it whole: https://host/path" });
  const verdict = await console.egress.test(slug, url, (methods[0] ?? "GET").toUpperCase());
  answer(context, verdict, () => verdictText(verdict, painter(context.color)));
  return 0;
}

/** Throws `invalid` or `usage` for what can be no rule. */
async function routeFrom(host: string, options: Options): Promise<Route> {
  const { hostProblem, ruleHost } = await import("#domain/definition/egress.ts");
  const { Route } = await import("#domain/egress/route.ts");
  const wrong = hostProblem(host);
  if (wrong !== undefined) throw new BottleError("usage", `the host ${JSON.stringify(host)} ${wrong}`);
  const checked = Route.safeParse({
    host: ruleHost(host),
    ...(options.port !== undefined && { port: parseCount(options.port, "--port", 1) }),
    ...(options.method.length > 0 && { methods: options.method.map((method) => method.toUpperCase()) }),
    ...(options.path.length > 0 && { path_allowlist: [...options.path] }),
    ...(options.http && { http: true }),
  });
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new BottleError("usage", `${issue?.path.join(".") ?? "the route"}: ${issue?.message ?? "is no route"}`);
}

function demand(target: string | undefined, what: string): string {
  if (target !== undefined) return target;
  throw new BottleError("usage", `<target> is missing: ${what}`, { hint: "see `bottle-dash egress --help`" });
}
