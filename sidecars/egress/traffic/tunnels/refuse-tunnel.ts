// What a CONNECT is answered.

import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import { type Refusal, refusalBody } from "../../policy/refusal.ts";

export const ESTABLISHED = "HTTP/1.1 200 Connection established\r\n\r\n";

/** The client's time to read the answer and close; what it still sends is read meanwhile, and thrown away. */
const CLOSE_MS = 2000;

/** Clients show nothing of the body that refuses a CONNECT; many show its status line, and some its headers. */
const MOST_IN_STATUS = 120;
const MOST_IN_HEADER = 500;

/** Says the refusal, or `instead` of it where HTTP would not be understood, and closes. */
export function refuseTunnel(socket: Socket, host: string, refusal: Refusal, instead?: Buffer): void {
  if (socket.destroyed) return;
  socket.end(instead ?? answer(host, refusal));
  socket.resume(); // so that what the client still sends does not turn the close into a reset
  const timer = setTimeout(() => socket.destroy(), CLOSE_MS).unref();
  socket.once("close", () => clearTimeout(timer));
}

function answer(host: string, refusal: Refusal): string {
  const body = refusalBody(refusal, host);
  const reason = inHeader((refusal.told ?? refusal).reason);
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? "Refused"}: ${reason.slice(0, MOST_IN_STATUS)}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    `X-Bottle-Egress: ${refusal.code}`,
    `X-Bottle-Egress-Reason: ${reason}`,
    ...("retryAfter" in refusal ? [`Retry-After: ${String(refusal.retryAfter)}`] : []),
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** Visible ASCII, and blanks within. */
function inHeader(text: string): string {
  return text
    .replaceAll(/[^\u0020-\u007e]+/g, "?")
    .slice(0, MOST_IN_HEADER)
    .trim();
}
