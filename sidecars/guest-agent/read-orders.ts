// What the launcher says on standard input: the configuration, and later that the bottle is proved and stays.

import type { Readable } from "node:stream";

import { BottleError } from "#domain/bottle-error.ts";
import { GuestAgentConfig, GuestAgentOrder } from "#domain/guest-agent/config.ts";
import { parseSlug } from "#domain/slug.ts";
import { splitLines } from "#lib/lines.ts";

export interface Orders {
  /** Rejects with `invalid`, also when the input ends first. */
  readonly config: Promise<GuestAgentConfig>;
  /** True once the launcher said to stay; false when its end of the input closed before that. */
  readonly stay: Promise<boolean>;
}

export function readOrders(input: Readable): Orders {
  const config = Promise.withResolvers<GuestAgentConfig>();
  const stay = Promise.withResolvers<boolean>();
  let first = true;
  const lines = splitLines((line) => {
    if (first) {
      first = false;
      parseConfig(line).then(config.resolve, config.reject);
    } else if (GuestAgentOrder.safeParse(parseJson(line)).success) {
      stay.resolve(true);
    }
  });
  const ended = (): void => {
    config.reject(new BottleError("invalid", "ended before the configuration", { where: "standard input" }));
    stay.resolve(false);
  };
  input.on("data", (chunk: Buffer) => lines.push(chunk));
  input.on("end", ended);
  input.on("error", ended);
  return { config: config.promise, stay: stay.promise };
}

async function parseConfig(line: string): Promise<GuestAgentConfig> {
  const parsed = GuestAgentConfig.safeParse(parseJson(line));
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "document"}: ${issue.message}`);
    throw new BottleError("invalid", issues.join("; "), { where: "standard input" });
  }
  parseSlug(parsed.data.slug);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
