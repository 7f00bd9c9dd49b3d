// A real WebSocket client through the proxy, and a real server behind it.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import { WebSocket, WebSocketServer, type ClientOptions, type ServerOptions } from "ws";

import { openTlsTunnel } from "./client.ts";
import type { TestUpstream } from "./upstream.ts";

export interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

export interface TestWebSocket {
  readonly socket: WebSocket;
  /** Of the connection beneath, to write to it what the library would not. */
  readonly raw: Socket;
  /** All that came, in order. */
  readonly messages: Message[];
  next(): Promise<Message>;
  closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Resolves when it is open; rejects with the library's error, such as "Unexpected server response: 403". */
export async function openWebSocket(
  proxy: string,
  ca: string,
  url: string,
  { protocols = [], ...options }: ClientOptions & { protocols?: string[] } = {},
): Promise<TestWebSocket> {
  const { hostname, pathname, search } = new URL(url);
  const raw = await openTlsTunnel(proxy, ca, hostname);
  const socket = new WebSocket(`ws://${hostname}${pathname}${search}`, protocols, {
    createConnection: () => raw,
    ...options,
  });
  const opened = track(socket, raw);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.on("error", reject);
  });
  return opened;
}

function track(socket: WebSocket, raw: Socket): TestWebSocket {
  const messages: Message[] = [];
  let read = 0;
  let arrived = (): void => {};
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => {
      resolve({ code, reason: String(reason) });
      arrived();
    });
  });
  socket.on("message", (data: Buffer, isBinary) => {
    messages.push({ data, isBinary });
    arrived();
  });
  const next = async (): Promise<Message> => {
    for (;;) {
      const message = messages[read];
      if (message !== undefined) {
        read += 1;
        return message;
      }
      if (socket.readyState >= WebSocket.CLOSING) throw new Error("closed before a message came");
      await new Promise<void>((resolve) => (arrived = resolve));
    }
  };
  return { socket, raw, messages, next, closed };
}

export interface TestWebSocketServer {
  /** Those that were ever opened, in order. */
  readonly sockets: WebSocket[];
  /** Handshakes as they came, in order. */
  readonly requests: IncomingMessage[];
  close(): void;
}

/** Takes over the upgrades of `upstream`; `opened` plays each. */
export function serveWebSockets(
  upstream: TestUpstream,
  opened: (socket: WebSocket, request: IncomingMessage) => void,
  options: ServerOptions = {},
): TestWebSocketServer {
  const server = new WebSocketServer({ noServer: true, maxPayload: 32 * 1024 * 1024, ...options });
  const sockets: WebSocket[] = [];
  const requests: IncomingMessage[] = [];
  upstream.onUpgrade((request, socket, head) => {
    requests.push(request);
    server.handleUpgrade(request, socket, head, (accepted) => {
      sockets.push(accepted);
      accepted.on("error", () => {});
      opened(accepted, request);
    });
  });
  return {
    sockets,
    requests,
    close() {
      for (const socket of sockets) socket.terminate();
      server.close();
    },
  };
}
