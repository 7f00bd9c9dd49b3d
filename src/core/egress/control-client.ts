// The operator's side of a bottle's egress control socket (domain/egress/control.ts).

import type * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { EgressRequest, EgressSeen, EgressStatus, EgressVerdict } from "#domain/egress/control.ts";
import { isErrno } from "#lib/atomic-file.ts";
import { bodyText, requestUnix, type UnixRequest } from "#lib/http-unix.ts";
import { splitLines } from "#lib/lines.ts";
import { bottlePaths } from "#lib/paths.ts";

/** Throws `unavailable` when the bottle's egress proxy does not answer. */
export async function egressStatus(root: string, slug: string): Promise<EgressStatus> {
  const text = await ask(root, slug, { method: "GET", path: "/status" });
  return readAnswer(slug, EgressStatus, withoutUnread(text));
}

/** What the proxy would do with a request, and by which rule; nothing is sent. */
export async function egressTest(
  root: string,
  slug: string,
  request: { readonly url: string; readonly method: string; readonly headers?: Readonly<Record<string, string>> },
): Promise<EgressVerdict> {
  const text = await ask(root, slug, { method: "POST", path: "/test", body: request });
  return readAnswer(slug, EgressVerdict, text);
}

/** What was asked for since the bottle was made. */
export async function egressSeen(root: string, slug: string): Promise<EgressSeen> {
  const text = await ask(root, slug, { method: "GET", path: "/seen" });
  return readAnswer(slug, EgressSeen, text);
}

/** Calls `seen` for each request as it begins to last and as it ends, until `signal` aborts or the proxy is gone. */
export async function egressEvents(
  root: string,
  slug: string,
  seen: (request: EgressRequest) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await connect(slug, {
    socket: bottlePaths(root, slug).egress.control,
    method: "GET",
    path: "/events",
    signal,
  });
  const splitter = splitLines((text) => {
    const request = EgressRequest.safeParse(parseJson(text));
    if (request.success) seen(request.data); // one that another version's proxy tells otherwise is left out
  });
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) splitter.push(chunk);
  } catch (error) {
    if (!signal.aborted && !isErrno(error, "ECONNRESET")) throw error;
  }
}

/** Without those of the recent requests that another version's proxy tells in a way that cannot be read. */
function withoutUnread(text: string): string {
  const status = parseJson(text);
  if (typeof status !== "object" || status === null || !("recent" in status) || !Array.isArray(status.recent))
    return text;
  const recent = status.recent.filter((request) => EgressRequest.safeParse(request).success);
  return recent.length === status.recent.length ? text : JSON.stringify({ ...status, recent });
}

/** A bottle goes on with the proxy that it was started with, whatever is installed meanwhile. */
function readAnswer<T>(slug: string, shape: z.ZodType<T>, text: string): T {
  const read = shape.safeParse(parseJson(text));
  if (read.success) return read.data;
  throw new BottleError("unavailable", "the proxy of this bottle is of another version: restart the dashboard", {
    where: `egress of ${slug}`,
    hint: "if that does not help, stop the bottle and start it anew",
    cause: read.error,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function ask(root: string, slug: string, request: Omit<UnixRequest, "socket">): Promise<string> {
  const response = await connect(slug, { ...request, socket: bottlePaths(root, slug).egress.control });
  const text = await bodyText(response);
  if (response.statusCode === 200) return text;
  throw new BottleError("invalid", text.slice(0, 400), { where: `egress of ${slug}` });
}

async function connect(slug: string, request: UnixRequest) {
  try {
    return await requestUnix(request);
  } catch (cause) {
    if (request.signal?.aborted === true) throw cause;
    throw new BottleError("unavailable", "the egress proxy does not answer", {
      where: slug,
      hint: "the bottle may have stopped: see `bottle-dash list all`",
      cause,
    });
  }
}
