// `egress <slug> test <url>`: what would happen to a request, and why, step by step.

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { verdictText } from "#modes/print/egress-text.ts";
import { painter } from "#modes/print/paint.ts";

import type { CommandContext } from "../command.ts";
import { answer } from "../print.ts";

export interface TestOptions {
  readonly url: string;
  readonly method: readonly string[];
  readonly header: readonly string[];
}

export async function testRequest(
  console: Console,
  slug: string,
  { url, method, header }: TestOptions,
  context: CommandContext,
): Promise<void> {
  if (!/^(?:https?|wss?|tcp):\/\/./i.test(url)) {
    throw new BottleError("usage", `${JSON.stringify(url)} is no URL`, {
      hint: "write it whole: https://host/path, wss://host/path or tcp://host:port",
    });
  }
  const headers = Object.fromEntries(header.map(headerOf));
  const verdict = await console.egress.test(
    slug,
    url,
    (method[0] ?? "GET").toUpperCase(),
    ...(header.length === 0 ? [] : [headers]),
  );
  answer(context, verdict, () => verdictText(verdict, painter(context.color)));
}

function headerOf(text: string): [string, string] {
  const [, name, value = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(text) ?? [];
  if (name !== undefined) return [name, value.trim()];
  throw new BottleError("usage", `--header is ${JSON.stringify(text)}`, { hint: "write --header 'Name: value'" });
}
