// The kinds of traffic in a soak. Each makes one or more requests and says what became of them.

import { connect as connectHttp2 } from "node:http2";
import { createConnection, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";

import { connectUnix } from "#lib/unix-socket.ts";
import { connectRaw, over } from "#tests/helpers/egress/client.ts";

import { HOSTS } from "./tables.ts";

export interface Outcome {
  readonly id: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** `refused`: by the table, which is what is checked. `other`: refused for its content or form. */
  readonly end: "allowed" | "refused" | "other" | "failed";
}

export interface Around {
  readonly socket: string;
  readonly ca: () => string;
  readonly token: string;
  readonly random: () => number;
  /** A new id for a request. */
  readonly id: () => string;
  readonly done: (outcome: Outcome) => void;
  /** The token was in something that a client got. */
  readonly leaked: (where: string) => void;
}

export type Kind = (around: Around) => Promise<void>;

/** With how often each comes. */
export const KINDS: readonly (readonly [weight: number, name: string, kind: Kind])[] = [
  [40, "kept-alive", keptAlive],
  [15, "one request a tunnel", (around) => single(around, {})],
  [8, "http/2", multiplexed],
  [4, "echoed credential", (around) => single(around, { host: "a.example.com", path: "/v1/echo-auth" })],
  [4, "own secret sent", secretSent],
  [5, "websocket", webSocket],
  [3, "events", (around) => single(around, { path: "/v1/events" })],
  [2, "large answer", (around) => single(around, { path: "/v1/large" })],
  [5, "client leaves", leaves],
  [4, "malformed head", malformed],
  [3, "idle tunnel", idle],
];

const PATHS = ["/v1/things", "/v1/other/deep", "/open", "/v12/not-under-v1"];
const METHODS = ["GET", "GET", "GET", "POST", "PUT", "DELETE"];

interface Wanted {
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly body?: string;
}

function pick<T>(items: readonly T[], { random }: Around): T {
  return items[Math.floor(random() * items.length)]!;
}

async function keptAlive(around: Around): Promise<void> {
  const host = pick(HOSTS, around);
  await withTunnel(around, host, async (tunnel) => {
    for (let turn = 0; turn < 8 && !tunnel.destroyed; turn += 1) await request(around, tunnel, host, {});
  });
}

async function single(around: Around, wanted: Wanted): Promise<void> {
  const host = wanted.host ?? pick(HOSTS, around);
  await withTunnel(around, host, (tunnel) => request(around, tunnel, host, wanted));
}

async function secretSent(around: Around): Promise<void> {
  const body = JSON.stringify({ note: "as it is", value: around.token });
  await single(around, { method: "POST", body });
}

async function request(around: Around, tunnel: TLSSocket, host: string, wanted: Wanted): Promise<void> {
  const id = around.id();
  const method = wanted.method ?? pick(METHODS, around);
  const path = wanted.path ?? pick(PATHS, around);
  const body = wanted.body ?? (method === "POST" || method === "PUT" ? `{"n":${around.random()}}` : undefined);
  const from = performance.now();
  const tell = (end: Outcome["end"]): void => around.done({ id, host, method, path, from, to: performance.now(), end });
  try {
    const headers = { host, "x-soak": id, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const reply = await over(tunnel, path, { method, headers, ...(body === undefined ? {} : { body }) });
    if (reply.body.includes(around.token)) around.leaked(`${host}${path}`);
    tell(endOf(reply.status, String(reply.headers["x-bottle-egress"] ?? "")));
  } catch {
    tunnel.destroy();
    tell("failed");
  }
}

function endOf(status: number, code: string): Outcome["end"] {
  if (code === "blocked") return "refused";
  if (code !== "") return "other";
  return status === 200 ? "allowed" : "failed";
}

async function multiplexed(around: Around): Promise<void> {
  const host = pick(HOSTS, around);
  await withTunnel(
    around,
    host,
    async (tunnel) => {
      if (tunnel.alpnProtocol !== "h2") throw new Error("no HTTP/2 was offered");
      const session = connectHttp2(`https://${host}`, { createConnection: () => tunnel });
      session.on("error", () => {});
      await Promise.all(Array.from({ length: 8 }, () => stream(around, session, host)));
      session.destroy();
    },
    ["h2"],
  );
}

function stream(around: Around, session: ReturnType<typeof connectHttp2>, host: string): Promise<void> {
  const id = around.id();
  const [method, path] = [pick(METHODS, around), pick(PATHS, around)];
  const from = performance.now();
  return new Promise((resolve) => {
    let end: Outcome["end"] = "failed";
    const call = session.request({ ":method": method, ":path": path, ":authority": host, "x-soak": id });
    call.on(
      "response",
      (headers) => (end = endOf(Number(headers[":status"]), String(headers["x-bottle-egress"] ?? ""))),
    );
    call.on("error", () => (end = "failed"));
    call.once("close", () => {
      around.done({ id, host, method, path, from, to: performance.now(), end });
      resolve();
    });
    call.resume();
    call.end();
  });
}

async function webSocket(around: Around): Promise<void> {
  const host = pick(HOSTS, around);
  const id = around.id();
  const path = pick(PATHS, around);
  await withTunnel(around, host, async (tunnel) => {
    const from = performance.now();
    const end = await new Promise<Outcome["end"]>((resolve) => {
      const socket = new WebSocket(`wss://${host}${path}`, {
        createConnection: () => tunnel,
        headers: { "x-soak": id },
        perMessageDeflate: false,
      });
      socket.once("open", () => socket.send("hello"));
      socket.once("message", () => {
        socket.terminate();
        resolve("allowed");
      });
      socket.once("unexpected-response", (_request, response) => {
        resolve(endOf(response.statusCode ?? 0, String(response.headers["x-bottle-egress"] ?? "")));
        response.resume();
        tunnel.destroy();
      });
      socket.once("error", () => resolve("failed"));
      socket.once("close", () => resolve("failed"));
    });
    around.done({ id, host, method: "GET", path, from, to: performance.now(), end });
  });
}

/** In the middle of an upload or of a large answer. */
async function leaves(around: Around): Promise<void> {
  const host = pick(HOSTS, around);
  await withTunnel(around, host, async (tunnel) => {
    const up = around.random() < 0.5;
    const head = up
      ? `PUT /v1/things HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5000000\r\n\r\n${"x".repeat(100_000)}`
      : `GET /v1/large HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    tunnel.write(head);
    await new Promise((resolve) => {
      if (up) setImmediate(resolve);
      else tunnel.once("data", resolve).once("close", resolve);
    });
  });
}

const HEADS = [
  "GET /v1/things HTTP/1.1\r\nHost: evil.example.org\r\n\r\n",
  "POST /v1/things HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "GET /v1/%2e%2e/%2e%2e/secret HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n",
  "GET /v1/a%2fb HTTP/1.1\r\nHost: HOST\r\n\r\n",
  "\u0000\u0001\u0002 nonsense\r\n\r\n",
];

async function malformed(around: Around): Promise<void> {
  const host = pick(HOSTS, around);
  await withTunnel(around, host, async (tunnel) => {
    tunnel.write(pick(HEADS, around).replaceAll("HOST", host));
    await new Promise((resolve) => tunnel.once("data", resolve).once("close", resolve).once("error", resolve));
  });
}

async function idle(around: Around): Promise<void> {
  const socket: Socket = createConnection(around.socket);
  await new Promise((resolve) => socket.once("connect", resolve).once("error", resolve));
  socket.write(`CONNECT ${pick(HOSTS, around)}:443 HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise((resolve) => socket.once("data", resolve).once("close", resolve).once("error", resolve));
  socket.destroy();
}

/** Failing to get a tunnel is no outcome: the proxy may have been killed. */
async function withTunnel(
  around: Around,
  host: string,
  use: (tunnel: TLSSocket) => Promise<void>,
  protocols: string[] = ["http/1.1"],
): Promise<void> {
  const { connection, status } = await connectRaw(around.socket, `${host}:443`);
  if (status !== 200) return void connection.destroy();
  const tunnel = connectTls({ socket: connection, ca: around.ca(), servername: host, ALPNProtocols: protocols });
  tunnel.on("error", () => {});
  try {
    const secured = await new Promise<boolean>((resolve) => {
      tunnel.once("secureConnect", () => resolve(true));
      tunnel.once("close", () => resolve(false));
    });
    if (secured) await use(tunnel);
  } finally {
    tunnel.destroy();
    connection.destroy();
  }
}

/** Whether the proxy takes connections. */
export async function answers(socket: string): Promise<boolean> {
  try {
    (await connectUnix(socket)).destroy();
    return true;
  } catch {
    return false;
  }
}
