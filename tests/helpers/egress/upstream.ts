// A real HTTPS (and plain HTTP) server on loopback that remembers what reached it.

import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Socket } from "node:net";

import { type TestAuthority, testAuthority } from "./authority.ts";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface TestUpstream {
  readonly authority: TestAuthority;
  /** `127.0.0.1:port`, as the table pins it. */
  readonly pin: string;
  readonly httpPin: string;
  /** Everything that got here, in order. */
  readonly seen: Seen[];
  /** Requests whose connection was closed before they were answered. */
  readonly aborted: string[];
  /** Takes over a path; everything else is answered with 200 and the method and URL. */
  on(path: string, handler: (request: IncomingMessage, response: ServerResponse, body: string) => void): void;
  /** Takes over upgrades of the secure server: WebSocket. */
  onUpgrade(handler: (request: IncomingMessage, socket: Socket, head: Buffer) => void): void;
  connections(): number;
  close(): Promise<void>;
}

export async function startUpstream(...names: string[]): Promise<TestUpstream> {
  const authority = await testAuthority();
  const seen: Seen[] = [];
  const aborted: string[] = [];
  const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse, body: string) => void>();
  const sockets = new Set<Socket>();
  let connections = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url = "", rawHeaders, headers } = request;
    response.on("close", () => {
      if (!response.writableFinished) aborted.push(url);
    });
    const path = url.split("?", 1)[0] ?? "";
    const early = handlers.get(`early ${path}`);
    if (early !== undefined) return early(request, response, "");
    let body = "";
    try {
      for await (const chunk of request) body += String(chunk);
    } catch {
      return; // the proxy went away
    }
    seen.push({ method, url, rawHeaders, headers, body });
    const handler = handlers.get(path);
    if (handler !== undefined) return handler(request, response, body);
    response.setHeader("content-type", "text/plain");
    response.end(`upstream: ${method} ${url}`);
  };
  const secure = createHttps(await authority.issue(...names), (request, response) => void answer(request, response));
  const plain = createHttp((request, response) => void answer(request, response));
  for (const server of [secure, plain]) {
    server.on("connection", (socket: Socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const port = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port;
  return {
    authority,
    pin: `127.0.0.1:${port(secure)}`,
    httpPin: `127.0.0.1:${port(plain)}`,
    seen,
    aborted,
    on: (path, handler) => void handlers.set(path, handler),
    onUpgrade(handler) {
      secure.removeAllListeners("upgrade");
      secure.on("upgrade", (request, socket, head) => handler(request, socket as Socket, head));
    },
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([secure, plain].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
