// HTTP/2 at both ends of the proxy: a client within a tunnel, and an upstream server.

import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";

import { type TestAuthority, testAuthority } from "./authority.ts";
import { openTlsTunnel } from "./client.ts";

export interface Http2Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
}

/** A session through a tunnel of its own. */
export async function openHttp2(socket: string, ca: string, host: string): Promise<ClientHttp2Session> {
  const secure = await openTlsTunnel(socket, ca, host, { protocols: ["h2", "http/1.1"] });
  if (secure.alpnProtocol !== "h2") throw new Error(`the proxy chose ${secure.alpnProtocol}`);
  const session = connect(`https://${host}`, { createConnection: () => secure, maxSendHeaderBlockLength: 262_144 });
  session.on("error", () => {});
  return session;
}

export async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Http2Reply> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return await readHttp2(stream);
}

/** Rejects when the stream is reset. */
export async function readHttp2(stream: ClientHttp2Stream): Promise<Http2Reply> {
  let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let trailers: IncomingHttpHeaders = {};
  let body = "";
  stream.once("response", (head) => (headers = head));
  stream.once("trailers", (last) => (trailers = last));
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => (body += chunk));
  await new Promise<void>((resolve, reject) => {
    stream.once("error", reject);
    stream.once("close", () => {
      if (stream.readableEnded) resolve();
      else reject(new Error(`the stream was closed with ${stream.rstCode}`));
    });
  });
  return { status: headers[":status"] ?? 0, headers, body, trailers };
}

export interface Http2Upstream {
  readonly authority: TestAuthority;
  readonly pin: string;
  readonly seen: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** Paths of streams that were reset before they were answered. */
  readonly aborted: string[];
  readonly sessions: Set<ServerHttp2Session>;
  /** Sessions in all. */
  opened(): number;
  /** Takes over a path, without its body having been read; everything else is answered with the method and the path. */
  on(path: string, handler: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void): void;
  close(): Promise<void>;
}

export async function startHttp2Upstream(name: string, trusted?: TestAuthority): Promise<Http2Upstream> {
  const authority = trusted ?? (await testAuthority());
  const server = createSecureServer({ ...(await authority.issue(name)), allowHTTP1: false });
  const seen: Http2Upstream["seen"] = [];
  const aborted: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const handlers = new Map<string, (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void>();
  let opened = 0;
  server.on("session", (session) => {
    opened += 1;
    sessions.add(session);
    session.on("error", () => {});
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => void answer(stream, headers));
  const answer = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> => {
    const path = headers[":path"] ?? "";
    stream.on("error", () => {});
    stream.once("close", () => {
      if (stream.rstCode !== 0) aborted.push(path);
    });
    const handler = handlers.get(path);
    if (handler !== undefined) return handler(stream, headers);
    let body = "";
    for await (const chunk of stream) body += String(chunk);
    seen.push({ path, headers, body });
    if (!stream.destroyed) stream.respond({ ":status": 200, "content-type": "text/plain" });
    stream.end(`h2 upstream: ${headers[":method"]} ${path}${body === "" ? "" : ` with ${body}`}`);
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    authority,
    pin: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    aborted,
    sessions,
    opened: () => opened,
    on: (path, handler) => void handlers.set(path, handler),
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
