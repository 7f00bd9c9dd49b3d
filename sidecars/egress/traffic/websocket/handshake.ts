// The WebSocket handshake on both sides of the proxy: what a client must say, what the server must answer, and what each
// gets to see of the other. Compression is offered to neither, so that every message can be looked at.

import { createHash, randomBytes } from "node:crypto";

import type { Refusal } from "../../policy/refusal.ts";

export interface Handshake {
  readonly key: string;
  /** Subprotocols that the client offers. */
  readonly protocols: readonly string[];
}

export interface HandshakeHead {
  readonly method: string;
  readonly httpVersion: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** Written anew on each side. */
const OWN = new Set(["sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-accept"]);
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether the upgrade that a request asks for is the one that we know; any other is not taken up. */
export function wantsWebSocket(headers: NodeJS.Dict<string | string[]>): boolean {
  return String(headers["upgrade"]).toLowerCase() === "websocket";
}

export function readHandshake(
  head: HandshakeHead,
): { readonly ok: true; readonly handshake: Handshake } | { readonly ok: false; readonly refusal: Refusal } {
  const keys = valuesOf("sec-websocket-key", head.rawHeaders);
  const protocols = tokensOf("sec-websocket-protocol", head.rawHeaders);
  const problem = headProblem(head, keys, protocols);
  const [key] = keys;
  if (problem !== undefined || key === undefined) return { ok: false, refusal: badHandshake(problem ?? "") };
  return { ok: true, handshake: { key, protocols } };
}

/** The client's headers without those that are made anew for the server. */
export function clientHeaders(rawHeaders: readonly string[]): string[] {
  return without(rawHeaders, OWN);
}

export function newKey(): string {
  return randomBytes(16).toString("base64");
}

export function upgradeHeaders(key: string): string[] {
  return ["Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", key];
}

/** Why a 101 of the server is none to go on with. */
export function answerProblem(
  rawHeaders: readonly string[],
  key: string,
  protocols: readonly string[],
): string | undefined {
  if (tokensOf("upgrade", rawHeaders).join(",").toLowerCase() !== "websocket") return "it switched to another protocol";
  if (!tokensOf("connection", rawHeaders).some((token) => token.toLowerCase() === "upgrade"))
    return "its 101 has no Connection: Upgrade";
  if (valuesOf("sec-websocket-accept", rawHeaders).join(",") !== acceptOf(key))
    return "its Sec-WebSocket-Accept is wrong";
  if (tokensOf("sec-websocket-extensions", rawHeaders).length > 0) return "it uses an extension that nobody offered";
  const chosen = tokensOf("sec-websocket-protocol", rawHeaders);
  if (chosen.length > 1 || chosen.some((one) => !protocols.includes(one)))
    return "it chose a subprotocol that nobody offered";
  return undefined;
}

/** The answer to the client; `headers` are the server's that may be passed on. */
export function switchingHead({ key }: Handshake, headers: readonly string[]): string {
  const kept = without(headers, new Set([...OWN, "content-length"]));
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  lines.push(`Sec-WebSocket-Accept: ${acceptOf(key)}`);
  for (let index = 0; index + 1 < kept.length; index += 2) lines.push(`${kept[index]}: ${kept[index + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function headProblem(
  { method, httpVersion, rawHeaders }: HandshakeHead,
  keys: readonly string[],
  protocols: readonly string[],
): string | undefined {
  if (method !== "GET" || httpVersion !== "1.1") return "a WebSocket begins with GET and HTTP/1.1";
  if (valuesOf("transfer-encoding", rawHeaders).length > 0) return "a WebSocket begins without a body";
  if (valuesOf("content-length", rawHeaders).some((length) => length !== "0"))
    return "a WebSocket begins without a body";
  if (valuesOf("upgrade", rawHeaders).length !== 1) return "the header Upgrade is there twice";
  if (valuesOf("sec-websocket-version", rawHeaders).join(",") !== "13") return "Sec-WebSocket-Version is not 13";
  if (keys.length !== 1 || !/^[A-Za-z0-9+/]{22}==$/.test(keys[0] ?? ""))
    return "Sec-WebSocket-Key is not one key of 16 bytes";
  if (!protocols.every((protocol) => TOKEN.test(protocol)) || new Set(protocols).size !== protocols.length)
    return "Sec-WebSocket-Protocol is no list of names";
  return undefined;
}

function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}${GUID}`).digest("base64");
}

function badHandshake(reason: string): Refusal {
  return { status: 400, code: "bad_request", rule: "WebSocket handshake", reason };
}

function valuesOf(name: string, rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function tokensOf(name: string, rawHeaders: readonly string[]): string[] {
  return valuesOf(name, rawHeaders).flatMap((value) => value.split(",").map((token) => token.trim()));
}

function without(rawHeaders: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = rawHeaders.slice(index, index + 2);
    if (!names.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
