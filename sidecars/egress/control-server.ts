// The operator's side: status, a verdict on a made-up request, and the requests as they end (domain/egress/control.ts).

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import * as z from "zod";

import type { EgressStatus } from "#domain/egress/control.ts";
import { listenUnix } from "#lib/unix-socket.ts";

import { explain } from "./explain/explain.ts";
import type { Limits } from "./limits/limits.ts";
import type { Slots } from "./policy/headers.ts";
import type { StoredSeen } from "./seen/stored-seen.ts";
import type { LiveTable } from "./table/live-table.ts";
import type { UseRecord } from "./table/uses.ts";
import type { TrafficLog } from "./traffic/traffic-log.ts";

export interface ControlDeps {
  readonly live: LiveTable;
  readonly uses: UseRecord;
  readonly traffic: TrafficLog;
  readonly slots: Slots;
  readonly limits: Limits;
  readonly seen: StoredSeen;
}

export interface ControlServer {
  listen(path: string): Promise<void>;
  close(): void;
}

const TestRequest = z.strictObject({
  url: z.string().max(16_384),
  method: z.string().max(20),
  headers: z.record(z.string().max(256), z.string().max(8192)).optional(),
});
const BODY_LIMIT = 65_536;
/** A listener that reads this slowly loses events rather than the proxy its memory. */
const MOST_UNREAD = 1_048_576;

export function createControlServer(deps: ControlDeps): ControlServer {
  const server = createServer((request, response) => {
    response.on("error", () => {});
    void answer(request, response, deps).catch((error: Error) => fail(response, 500, error.message));
  });
  return {
    listen: (path) => listenUnix(server, path, 0o600),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, deps: ControlDeps): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case "GET /status":
      return json(response, statusOf(deps));
    case "GET /events":
      return events(response, deps.traffic);
    case "GET /seen":
      return json(response, deps.seen.read());
    case "POST /test":
      return test(await readBody(request), response, deps);
    default:
      return fail(response, 404, "there are GET /status, GET /events, GET /seen and POST /test");
  }
}

function statusOf({ live, traffic, limits }: ControlDeps): EgressStatus {
  const { version, table, digest, error } = live.current();
  const usage = limits.uses();
  return {
    version,
    table_digest: digest,
    table,
    ...(error === undefined ? {} : { reload_error: error }),
    counters: traffic.counters(),
    ...(usage.length === 0 ? {} : { usage }),
    recent: [...traffic.recent()],
  };
}

function events(response: ServerResponse, traffic: TrafficLog): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  const stop = traffic.subscribe((request) => {
    if (response.writableLength < MOST_UNREAD) response.write(`${JSON.stringify(request)}\n`);
  });
  response.once("close", stop);
}

function test(body: string, response: ServerResponse, { live, uses, slots, limits }: ControlDeps): void {
  const wanted = TestRequest.safeParse(parseJson(body));
  if (!wanted.success) return fail(response, 400, "the body must be {url, method, headers?}");
  const { table } = live.current();
  const verdict = explain(wanted.data, { table, used: uses.used(), slots, limits, now: new Date() });
  if (verdict !== undefined) return json(response, verdict);
  const known = "an http://, https://, ws://, wss:// or tcp://host:port URL";
  fail(response, 400, `${JSON.stringify(wanted.data.url)} is not ${known}`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function json(response: ServerResponse, value: unknown): void {
  const text = `${JSON.stringify(value)}\n`;
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function fail(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(`${message}\n`);
}
