// A client inside the bottle: it speaks to the proxy's unix socket, through CONNECT and TLS or plainly, as exactly as
// the test wants it.

import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect, type TLSSocket } from "node:tls";

import { connectUnix } from "#lib/unix-socket.ts";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON: a refusal. */
  readonly json: () => Refusal;
}

export interface Refusal {
  readonly error: string;
  readonly host: string;
  readonly rule: string;
  readonly reason: string;
  readonly how_to_ask?: string;
  readonly suggestion?: { host: string; port: number; methods: string[]; path_allowlist: string[] };
  readonly proposal?: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | readonly string[] | undefined;
  readonly body?: string | Buffer;
  /** The CONNECT's port; default 443. */
  readonly port?: number;
  readonly sni?: string;
  readonly signal?: AbortSignal;
}

/** `https://host/path` through a tunnel of its own. */
export async function get(socket: string, ca: string, url: string, ask: Ask = {}): Promise<Reply> {
  const { hostname, port, pathname, search } = new URL(url);
  const number = ask.port ?? (port === "" ? 443 : Number(port));
  const tunnel = await openTlsTunnel(socket, ca, hostname, { port: number, sni: ask.sni ?? hostname });
  try {
    return await over(tunnel, `${pathname}${search}`, {
      ...ask,
      headers: withHost(ask.headers, port === "" ? hostname : `${hostname}:${number}`),
    });
  } finally {
    tunnel.destroy();
  }
}

/** The response as it begins; for streams. */
export async function open(tunnel: Socket, path: string, ask: Ask = {}): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const call = httpRequest({
      createConnection: () => tunnel,
      path,
      method: ask.method ?? "GET",
      ...(ask.headers === undefined ? {} : { headers: ask.headers }),
      ...(ask.signal === undefined ? {} : { signal: ask.signal }),
    });
    call.once("response", resolve);
    call.once("error", reject);
    call.end(ask.body);
  });
}

/** One request on an open connection, kept alive. */
export async function over(tunnel: Socket, path: string, ask: Ask = {}): Promise<Reply> {
  return await readReply(await open(tunnel, path, { ...ask, headers: withConnection(ask.headers) }));
}

/** A plain `http://` request to the proxy. */
export async function plain(socket: string, url: string, ask: Ask = {}): Promise<Reply> {
  const connection = await connectUnix(socket);
  try {
    return await over(connection, url, { ...ask, headers: withHost(ask.headers, new URL(url).host) });
  } finally {
    connection.destroy();
  }
}

export async function openTlsTunnel(
  socket: string,
  ca: string,
  host: string,
  { port = 443, sni = host, protocols = ["http/1.1"] } = {},
): Promise<TLSSocket> {
  const { connection, status, rest } = await connectRaw(socket, `${host}:${port}`);
  if (status !== 200) throw new Error(`CONNECT ${host}:${port}: ${status} ${rest}`);
  return await startTls(connection, ca, sni, true, protocols);
}

/** TLS over the connection; `sni` empty sends none. Identity is the test's to check. */
export async function startTls(
  connection: Duplex,
  ca: string,
  sni: string,
  checked = true,
  protocols: readonly string[] = ["http/1.1"],
): Promise<TLSSocket> {
  return await new Promise((resolve, reject) => {
    const secure = tlsConnect({
      socket: connection,
      ca,
      ...(sni === "" ? {} : { servername: sni }),
      rejectUnauthorized: checked,
      ALPNProtocols: [...protocols],
    });
    secure.once("secureConnect", () => resolve(secure));
    secure.once("error", reject);
    secure.once("close", () => reject(new Error("closed during the handshake")));
  });
}

/** CONNECT, byte for byte: the status, and on a refusal the rest of the answer. */
export async function connectRaw(
  socket: string,
  authority: string,
  headers = `Host: ${authority}\r\n`,
): Promise<{ connection: Socket; status: number; rest: string }> {
  const connection = await connectUnix(socket);
  connection.on("error", () => {});
  connection.write(`CONNECT ${authority} HTTP/1.1\r\n${headers}\r\n`);
  let text = "";
  await new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (!text.startsWith("HTTP/1.1 200") || !text.includes("\r\n\r\n")) return;
      connection.off("data", read);
      connection.pause();
      resolve();
    };
    connection.on("data", read);
    connection.once("close", () => resolve());
  });
  return { connection, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), rest: text };
}

/** Writes `bytes` to a connection and returns everything that comes back until it is closed or `until` matches. */
export async function raw(connection: Socket, bytes: string | Buffer, until = /$^/): Promise<string> {
  let text = "";
  return await new Promise((resolve) => {
    connection.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (until.test(text)) resolve(text);
    });
    connection.on("error", () => {});
    connection.once("close", () => resolve(text));
    connection.resume();
    connection.write(bytes);
  });
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  return { status: response.statusCode ?? 0, headers: response.headers, body, json: () => JSON.parse(body) as Refusal };
}

function withHost(headers: Ask["headers"], host: string): Ask["headers"] {
  if (isList(headers)) return headers;
  return { host, ...headers };
}

function withConnection(headers: Ask["headers"]): NonNullable<Ask["headers"]> {
  return isList(headers) ? headers : { connection: "keep-alive", ...headers };
}

function isList(headers: Ask["headers"]): headers is readonly string[] {
  return Array.isArray(headers);
}
