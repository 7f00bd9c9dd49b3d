// A daemon of the tests' own, which answers as it is told: for what a real one cannot be made to do.

import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:https";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";

export interface FakeDaemon {
  /** As in DOCKER_HOST. */
  readonly url: string;
  readonly path: string;
  /** `GET /info`, with the query left out, in the order in which they came. */
  readonly asked: readonly string[];
  /** Ends every connection and listens no more; `listen` again brings it back. */
  close(): Promise<void>;
  listen(): Promise<void>;
  remove(): Promise<void>;
}

export type Answers = Readonly<Record<string, (response: ServerResponse, query: URLSearchParams) => void>>;

/** `answers` by `GET /info`; what it has no answer for is 404. */
export async function fakeDaemon(answers: Answers): Promise<FakeDaemon> {
  const folder = mkdtempSync(join(tmpdir(), "fake-daemon-"));
  const path = join(folder, "docker.sock");
  const asked: string[] = [];
  const listener = listenerOf(answers, asked);
  let server: Server;
  const daemon: FakeDaemon = {
    url: `unix://${path}`,
    path,
    asked,
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async listen() {
      server = createServer(listener);
      await new Promise<void>((resolve) => server.listen(path, resolve));
    },
    async remove() {
      await daemon.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await daemon.listen();
  return daemon;
}

/** On a port of the loopback; with `tls` encrypted, and asking for a client's certificate. */
export async function fakeTcpDaemon(
  answers: Answers,
  tls?: { readonly cert: string; readonly key: string; readonly ca: string },
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const listener = listenerOf(answers, []);
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listenerOf(answers: Answers, asked: string[]): RequestListener {
  return (request, response) => {
    request.resume();
    const url = new URL(request.url ?? "/", "http://daemon");
    const name = `${request.method} ${url.pathname}`;
    asked.push(name);
    const answer = answers[name];
    if (answer === undefined) json(response, { message: `no ${name} here` }, 404);
    else answer(response, url.searchParams);
  };
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

/** The address of a daemon that is not there. */
export const NO_DAEMON = "unix:///nonexistent/docker.sock";
