// Git's smart HTTP for one bottle: each request is judged, the mirror made fresh, and git itself answers.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { runHttpBackend, type GitAsk } from "./http-backend.ts";
import { readHttpRequest } from "./http-request.ts";
import { errorLine, FLUSH, pktLine } from "./pkt-line.ts";
import { openBody, type Refusal, type RequestBody } from "./request-body.ts";
import { SAME_CLIENT_MS, whyNotFresh, type Served, type ServedRepo } from "./served-repos.ts";

const MOST_CONNECTIONS = 256;
const HEADERS_MS = 15_000;
const KEEP_ALIVE_MS = 15_000;
/** An answer that nobody takes. */
const UNREAD_MS = 120_000;
/** How long the rest of a refused body is taken and thrown away, so that its sender reads the answer. */
const DISCARD_MS = 5000;

export function createHttpServer(served: Served): Server {
  const names = new Set(served.repos.keys());
  const server = createServer({ maxHeaderSize: 16_384, headersTimeout: HEADERS_MS, requestTimeout: 0 });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MOST_CONNECTIONS;
  server.maxRequestsPerSocket = 1000;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headers } = request;
    const ask = readHttpRequest({ method, url, headers }, names, served);
    if (ask.kind === "refuse") return refuse(request, response, ask, ask.allow);
    serve(request, response, ask, served).catch((error: unknown) => {
      served.say(`${ask.repo}: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else refuse(request, response, { status: 500, message: "failed; the operator's log of git-gate says why" });
    });
  });
  return server;
}

async function serve(request: IncomingMessage, response: ServerResponse, ask: GitAsk, served: Served): Promise<void> {
  const of = served.repos.get(ask.repo)!;
  const gone = new AbortController();
  let body: RequestBody | undefined;
  response.once("close", () => {
    const pushed = ask.service === "git-receive-pack" && body?.complete() === true;
    if (!response.writableFinished && !pushed) gone.abort();
  });
  const stale = await whyStale(ask, of, served);
  if (stale !== undefined) return answerError(request, response, ask, stale);
  const slots = ask.kind === "rpc" && ask.service === "git-receive-pack" ? served.pushers : served.readers;
  const giveBack = await slots.take(gone.signal);
  if (giveBack === undefined) {
    if (!gone.signal.aborted) refuse(request, response, { status: 503, message: "too many ask at once; try again" });
    return;
  }
  try {
    if (gone.signal.aborted) return;
    response.setTimeout(UNREAD_MS, () => response.destroy());
    const refused = (refusal: Refusal): void => {
      gone.abort();
      if (response.headersSent) response.destroy();
      else refuse(request, response, refusal);
    };
    if (ask.kind === "rpc") body = openBody(request, ask, served.maxPackBytes, refused);
    const complaint = await runHttpBackend(ask, served, of, { body: body?.stream, response, signal: gone.signal });
    if (complaint !== "" && !gone.signal.aborted) served.say(`${ask.repo}: ${ask.service}: ${complaint}`);
  } finally {
    giveBack();
  }
}

/** What was just listed need not be listed again to be fetched; and the hook of a push asks the upstream itself. */
function whyStale(ask: GitAsk, of: ServedRepo, { say }: Served): Promise<string | undefined> {
  if (ask.kind === "rpc" && ask.service === "git-receive-pack") return Promise.resolve(undefined);
  return whyNotFresh(of, say, ask.kind === "rpc" ? SAME_CLIENT_MS : undefined);
}

/** With status 200: of any other git prints the number alone. */
function answerError(request: IncomingMessage, response: ServerResponse, ask: GitAsk, why: string): void {
  const advertises = ask.kind === "advertise";
  const type = `application/x-${ask.service}-${advertises ? "advertisement" : "result"}`;
  const before = advertises ? `${pktLine(`# service=${ask.service}\n`)}${FLUSH}` : "";
  const headers = { "content-type": type, "cache-control": "no-cache, max-age=0, must-revalidate" };
  answerAtOnce(request, response, { status: 200, headers, body: before + errorLine(why) });
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message }: Refusal,
  allow?: string,
): void {
  const headers = { "content-type": "text/plain; charset=utf-8", ...(allow === undefined ? {} : { allow }) };
  answerAtOnce(request, response, { status, headers, body: `${message}\n` });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The answer goes out before the request has come whole. The connection then ends with it, but not at once: closed under
 * its sender, it would take the answer with it.
 */
function answerAtOnce(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  const length = { "content-length": String(Buffer.byteLength(body)) };
  if (request.complete) {
    response.writeHead(status, { ...headers, ...length }).end(body);
    return;
  }
  response.writeHead(status, { ...headers, ...length, connection: "close" });
  response.write(body);
  const end = (): void => {
    clearTimeout(cut);
    response.end();
  };
  const cut = setTimeout(end, DISCARD_MS);
  request.once("end", end).once("close", end).resume();
}
