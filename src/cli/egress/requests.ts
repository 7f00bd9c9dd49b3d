// `egress <slug> requests`: requests as they come, filtered.

import type { Console } from "#contracts/console.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { coversHost } from "#domain/egress/covers.ts";
import { requestLine } from "#modes/print/egress-text.ts";
import { painter } from "#modes/print/paint.ts";

import type { CommandContext, ExitCode } from "../command.ts";
import { parseMoment } from "../option-values.ts";
import { printJsonLine, printText } from "../print.ts";
import { streaming } from "../streaming.ts";

export interface RequestsOptions {
  readonly host: string | undefined;
  readonly verdict: EgressRequest["verdict"] | undefined;
  readonly since: string | undefined;
  readonly follow: boolean;
}

/** With `since` those that the proxy still remembers, and no more unless `follow` is set; without it, those that come. */
export async function requests(
  console: Console,
  slug: string,
  { host, verdict, since, follow }: RequestsOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const rule = host?.toLowerCase().replace(/\.$/, "");
  const from = since === undefined ? undefined : parseMoment(since, "--since", context.now(), -1);
  const paint = painter(context.color);
  const show = (request: EgressRequest): void => {
    if (rule !== undefined && !coversHost(rule, request.host)) return;
    if (verdict !== undefined && request.verdict !== verdict) return;
    if (context.json) printJsonLine(context, request);
    else printText(context, requestLine(request, paint));
  };
  if (from !== undefined) {
    const { recent } = await console.egress.status(slug);
    for (const request of recent.filter(({ at }) => new Date(at) >= from)) show(request);
    if (!follow) return 0;
  }
  return await streaming(context, () => console.egress.requests(slug, show, context.signal));
}
