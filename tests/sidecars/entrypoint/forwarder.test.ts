import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { listenUnix } from "#lib/unix-socket.ts";
import { forward } from "#sidecars/entrypoint/forwarder.ts";

let folder: string;
let servers: Server[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "forwarder-"));
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

async function forwarded(to: string | { host: string; port: number }): Promise<number> {
  const server = await forward(0, typeof to === "string" ? { path: to } : to);
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** Answers with all that it got, once the other side has said its last. */
async function mirror(path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const got: Buffer[] = [];
    socket.on("data", (chunk) => got.push(chunk));
    socket.on("end", () => socket.end(Buffer.concat(got)));
  });
  await listenUnix(server, path);
  servers.push(server);
  return server;
}

function ask(port: number, data: Buffer | string): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true }, () => socket.end(data));
    socket.on("data", (chunk) => (heard += chunk.toString("latin1")));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(`${error.code}`));
    socket.on("close", () => resolve(heard));
  });
}

test("passes bytes both ways, also after one side has said its last", async () => {
  const path = join(folder, "egress.sock");
  await mirror(path);
  const port = await forwarded(path);
  expect(await ask(port, "hello")).toBe("hello");
  const big = Buffer.alloc(4_000_000, "x");
  expect((await ask(port, big)).length).toBe(4_000_000);
});

test("ends the connection when nobody listens, and finds the one who does later", async () => {
  const path = join(folder, "egress.sock");
  const port = await forwarded(path);
  expect(["", "ECONNRESET"]).toContain(await ask(port, "hello"));
  const server = await mirror(path);
  expect(await ask(port, "one")).toBe("one");
  server.close();
  await mirror(path); // restarted: a new socket in the same place
  expect(await ask(port, "two")).toBe("two");
});

test("leads to a port of the bottle's network just as well, and ends the connection where nobody listens", async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const got: Buffer[] = [];
    socket.on("data", (chunk) => got.push(chunk));
    socket.on("end", () => socket.end(Buffer.concat(got)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve));
  const to = { host: "127.0.0.2", port: (server.address() as AddressInfo).port };
  const port = await forwarded(to);
  expect(await ask(port, "over a network")).toBe("over a network");
  await new Promise((resolve) => server.close(resolve));
  expect(await ask(port, "anybody?")).toMatch(/^(?:ECONNRESET)?$/);
});
