// The daemon's two paths, /mcp and /state, over HTTP.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { MOST_BODY_BYTES } from "./limits.ts";
import type { StateAnswer } from "./agent-state.ts";

export interface Surface {
  /** Called with the first request to /mcp, and once only. */
  readonly loadMcp: () => Promise<(request: IncomingMessage, response: ServerResponse) => Promise<void>>;
  readonly takeState: (body: string, now: Date) => Promise<StateAnswer>;
  readonly now: () => Date;
  readonly tell: (problem: string) => void;
}

const MOST_CONNECTIONS = 128;

export function newSurface(surface: Surface): Server {
  let mcp: ReturnType<Surface["loadMcp"]> | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path] = (request.url ?? "").split("?");
    if (!isLocalOrigin(request.headers.origin))
      return refuse(request, response, 403, "a page of another site may not call this");
    if (path === "/mcp") {
      mcp ??= surface.loadMcp();
      return (await mcp)(request, response);
    }
    if (path !== "/state") return refuse(request, response, 404, "there are /mcp and /state");
    if (request.method !== "POST") return refuse(request, response, 405, "POST a report");
    const body = await readBody(request);
    if (body === undefined) return refuse(request, response, 413, `a body has at most ${MOST_BODY_BYTES} bytes`);
    const { status, error } = await surface.takeState(body, surface.now());
    if (error === undefined) response.writeHead(status).end();
    else refuse(request, response, status, error);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      surface.tell(`${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else refuse(request, response, 500, "failed; the operator's log of supervise says why");
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** Only a browser sends an origin: a page that the agent has open must not speak for it. */
function isLocalOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && ["localhost", "127.0.0.1", "[::1]"].includes(new URL(origin).hostname);
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, error: string): void {
  // What is left of the request is not read: the connection ends instead.
  const close = request.complete ? {} : { connection: "close" };
  response.writeHead(status, { "content-type": "application/json", ...close }).end(`${JSON.stringify({ error })}\n`);
}

/** Undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > MOST_BODY_BYTES) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
