// Asks the egress proxy which table it enforces: the truth, where the file on disk is only the wish.

import { BottleError } from "#domain/bottle-error.ts";
import { EgressStatus } from "#domain/egress/control.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { bodyText, requestUnix } from "#lib/http-unix.ts";
import type { BottlePaths } from "#lib/paths.ts";

/** Throws `unavailable` while the proxy is down. */
export async function readTableInForce(paths: BottlePaths, signal: AbortSignal): Promise<RouteTable> {
  try {
    const response = await requestUnix({ socket: paths.egress.control, method: "GET", path: "/status", signal });
    return EgressStatus.parse(JSON.parse(await bodyText(response))).table;
  } catch (cause) {
    throw new BottleError("unavailable", "the egress proxy does not answer, and while it is down nothing gets out", {
      hint: "try again in a few seconds",
      cause,
    });
  }
}
