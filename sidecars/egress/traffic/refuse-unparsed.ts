// What the HTTP parser itself refuses: conflicting lengths, bare line feeds, folded headers, heads too large, with too
// many lines (Node takes 1000) or too slow. It is answered, logged and audited like any other refusal.

import type { Socket } from "node:net";

import { plainLine } from "#domain/plain-text.ts";

import { type Masking, SHOW_NOTHING } from "../inspection/shown.ts";
import type { Via } from "../policy/parse-request.ts";
import { type Refusal, refusalBody } from "../policy/refusal.ts";
import type { ExchangeDeps } from "./exchange.ts";
import { describe, finishRecord, startRecord } from "./exchange-record.ts";
import { whenSettled } from "./when-settled.ts";

/** The client's time to read the answer and close; what it still sends is read meanwhile, and thrown away. */
const CLOSE_MS = 2000;

type Deps = Pick<ExchangeDeps, "traffic" | "audit" | "inspection">;

export function unparsedRefuser(deps: Deps) {
  const answered = new WeakSet<Socket>();
  return (error: NodeJS.ErrnoException, socket: Socket, via: Via): void => {
    // The parser fails again for each piece that follows: to close then would throw away an answer on its way.
    if (answered.has(socket)) return;
    answered.add(socket);
    const [status, words] = statusFor(error.code);
    const refusal: Refusal = {
      status,
      code: "bad_request",
      rule: "plain HTTP/1.1",
      reason: plainLine(error.message),
    };
    const host = via.kind === "tunnel" ? via.host : "";
    const reaches = socket.writable && error.code !== "ECONNRESET";
    if (isRefusal(error)) noteUnparsed(refusal, via, reaches ? status : 0, deps);
    if (!reaches) return void socket.destroy();
    const body = refusalBody(refusal, host);
    socket.end(
      `HTTP/1.1 ${status} ${words}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `X-Bottle-Egress: bad_request\r\nConnection: close\r\n\r\n${body}`,
    );
    const timer = setTimeout(() => socket.destroy(), CLOSE_MS).unref();
    socket.once("close", () => clearTimeout(timer));
  };
}

/** An HTTP/2 connection that its parser gave up. */
export function noteBrokenSession(error: NodeJS.ErrnoException, via: Via, deps: Deps): void {
  if (error.code?.startsWith("ERR_HTTP2") !== true) return;
  const reason = plainLine(error.message);
  noteUnparsed({ status: 400, code: "bad_request", rule: "plain HTTP/2", reason }, via, 0, deps);
}

function noteUnparsed({ rule, reason }: Refusal, via: Via, status: number, deps: Deps): void {
  const { traffic, audit, inspection } = deps;
  const record = startRecord(via);
  const end = (masking: Masking): void => {
    describe(record, { method: "", host: via.kind === "tunnel" ? masking.host(via.host, []) : "", path: "" });
    record.rule = `${rule}: ${reason}`;
    traffic.ended(finishRecord(record, status));
    audit.note("request-blocked", `${record.host} (${rule})`, `what is no request for ${record.host}: ${reason}`);
  };
  whenSettled(inspection.masking(), end, () => end(SHOW_NOTHING));
}

/** A client that left, or that never said anything, was refused nothing. */
function isRefusal({ code }: NodeJS.ErrnoException): boolean {
  return code !== undefined && code.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE";
}

function statusFor(code: string | undefined): readonly [number, string] {
  if (code === "HPE_HEADER_OVERFLOW") return [431, "Request Header Fields Too Large"];
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, "Request Timeout"];
  return [400, "Bad Request"];
}
