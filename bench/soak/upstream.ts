// The servers of a soak: HTTP/1.1, HTTP/2 and WebSocket on one port, in a bad mood now and then. They note what reached them.

import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createPlain } from "node:http";
import { gzipSync } from "node:zlib";
import { WebSocketServer } from "ws";

import { testAuthority } from "#tests/helpers/egress/authority.ts";

import { HOSTS } from "./tables.ts";

export interface SoakUpstream {
  readonly ca: string;
  readonly pin: string;
  readonly httpPin: string;
  /** Ids of requests that got here: the value of `x-soak`. */
  readonly reached: Set<string>;
  /** Bodies in which the token was seen, other than in the header that the proxy adds. */
  leaks: number;
  failures: number;
  close(): void;
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

export async function startSoakUpstream(token: string, random: () => number): Promise<SoakUpstream> {
  const authority = await testAuthority();
  const { key, cert } = await authority.issue(...HOSTS);
  const sockets = new Set<Socket>();
  const answer = (request: Request, response: Response): void => {
    const { headers, url = "" } = request;
    upstream.reached.add(String(headers["x-soak"] ?? ""));
    let seen = "";
    request.on("data", (chunk: Buffer) => (seen = `${seen.slice(-token.length)}${chunk.toString("latin1")}`));
    request.on("data", () => {
      if (seen.includes(token)) upstream.leaks += 1;
    });
    request.on("error", () => {});
    response.on("error", () => {});
    request.on("end", () => reply(url, headers.authorization ?? "", response as ServerResponse));
  };
  const reply = (url: string, authorization: string, response: ServerResponse): void => {
    const mood = random();
    if (mood < 0.01) {
      upstream.failures += 1;
      response.writeHead(200, { "content-type": "text/plain", "content-length": 1000 });
      response.write("cut");
      return void setImmediate(() => response.destroy());
    }
    if (mood < 0.015) return void response.destroy();
    if (url.includes("/echo-auth")) {
      const body = JSON.stringify({ said: authorization, text: "x".repeat(500) });
      const zipped = mood < 0.5;
      response.writeHead(200, {
        "content-type": "application/json",
        ...(zipped ? { "content-encoding": "gzip" } : {}),
      });
      return void response.end(zipped ? gzipSync(body) : body);
    }
    if (url.includes("/events")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let event = 0; event < 5; event += 1) response.write(`data: ${event}\n\n`);
      return void response.end();
    }
    if (url.includes("/large")) {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      return void response.end(Buffer.alloc(1_000_000, 7));
    }
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(`answer to ${url}`);
  };
  const secure = createSecureServer({ key, cert, allowHTTP1: true }, answer);
  const webSockets = new WebSocketServer({ noServer: true });
  secure.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upstream.reached.add(String(request.headers["x-soak"] ?? ""));
    webSockets.handleUpgrade(request, socket, head, (peer) => {
      peer.on("error", () => {});
      peer.on("message", (data: Buffer, binary: boolean) => peer.send(data, { binary }));
    });
  });
  const plain = createPlain(answer);
  for (const server of [secure, plain]) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    });
    server.on("sessionError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  const pinOf = (server: { address(): AddressInfo | string | null }): string =>
    `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream: SoakUpstream = {
    ca: authority.cert,
    pin: pinOf(secure),
    httpPin: pinOf(plain),
    reached: new Set(),
    leaks: 0,
    failures: 0,
    close() {
      for (const socket of sockets) socket.destroy();
      secure.close();
      plain.close();
    },
  };
  return upstream;
}
