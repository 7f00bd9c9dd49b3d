// The daemon's paths, /mcp, /state and /result, over HTTP.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { reportOf } from "./hook-report.ts";
import { MOST_BODY_BYTES } from "./limits.ts";
import type { Taker } from "./taker.ts";

/** Takes the body parsed. */
export type McpHandler = (request: IncomingMessage, response: ServerResponse, message: unknown) => Promise<void>;

export interface Surface {
  /** Called with the first request to /mcp, and once only. */
  readonly loadMcp: () => Promise<McpHandler>;
  readonly takeState: Taker;
  readonly takeResult: Taker;
  readonly now: () => Date;
  readonly tell: (problem: string) => void;
}

const MOST_CONNECTIONS = 128;
const MOST_DISCARDED_BYTES = 16 * MOST_BODY_BYTES;

/** As MCP clients expect it. */
const NOT_JSON = { jsonrpc: "2.0", error: { code: -32_700, message: "Parse error: the body is not JSON" }, id: null };

export function newSurface(surface: Surface): Server {
  let mcp: Promise<McpHandler> | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path] = (request.url ?? "").split("?");
    if (!isLocalOrigin(request.headers.origin))
      return refuse(request, response, 403, "a page of another site may not call this");
    if (path !== "/mcp" && path !== "/state" && path !== "/result")
      return refuse(request, response, 404, "there are /mcp, /state and /result");
    if (request.method !== "POST") return refuse(request, response, 405, "only POST");
    const read = await readBody(request);
    const body = path === "/state" ? reportOf(request.url ?? "", read) : read;
    if (body === undefined) return refuse(request, response, 413, `a body has at most ${MOST_BODY_BYTES} bytes`);
    if (path === "/mcp") {
      const message = parseJson(body);
      if (message === undefined) return answerJson(request, response, 400, NOT_JSON);
      mcp ??= surface.loadMcp();
      return (await mcp)(request, response, message);
    }
    const take = path === "/state" ? surface.takeState : surface.takeResult;
    const { status, error } = await take(body, surface.now());
    if (error === undefined) response.writeHead(status, request.complete ? {} : { connection: "close" }).end();
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
  answerJson(request, response, status, { error });
}

function answerJson(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  // What is left of the request is not read: the connection ends instead.
  const close = request.complete ? {} : { connection: "close" };
  const allow = status === 405 ? { allow: "POST" } : {};
  response
    .writeHead(status, { "content-type": "application/json", ...close, ...allow })
    .end(`${JSON.stringify(body)}\n`);
}

/**
 * Undefined when it is too large. What is too large is still read, though not kept, up to a bound: a connection that is
 * closed under its sender is an error there, and the answer is lost.
 */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MOST_BODY_BYTES) chunks.push(chunk);
    else if (size > MOST_DISCARDED_BYTES) return undefined;
  }
  return size > MOST_BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
