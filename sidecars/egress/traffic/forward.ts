// Sends a cleared request upstream and streams the answer back: back-pressure both ways, a client that leaves cancels
// the upstream request, an upstream that fails is a 502 while there is still a status to give.

import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";

import { inboundHeaders } from "../policy/headers.ts";
import type { Refusal } from "../policy/refusal.ts";
import { AddressRefused, ConnectTimeout } from "./upstream.ts";

export interface Forwarding {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** Makes the upstream request; twice, when a kept-alive connection turns out to be closed and nothing was sent. */
  readonly send: () => ClientRequest;
  /** Values that must not come back in a header. */
  readonly secrets: readonly string[];
  readonly failed: (refusal: Refusal) => void;
  readonly count: (direction: "up" | "down", bytes: number) => void;
}

export type Body = "none" | "length" | "chunked";

export function bodyOf(incoming: IncomingMessage): Body {
  if (incoming.headers["transfer-encoding"] !== undefined) return "chunked";
  return Number(incoming.headers["content-length"] ?? 0) > 0 ? "length" : "none";
}

/** Returns how to cut it off. */
export function forward(forwarding: Forwarding): () => void {
  const { incoming, response, count } = forwarding;
  let call: ClientRequest | undefined;
  let cut = false;
  const end = (): void => {
    cut = true;
    call?.destroy();
  };
  const body = bodyOf(incoming);
  const attempt = (again: boolean): void => {
    call = forwarding.send();
    const current = call;
    call.once("response", (answer) => relay(answer, forwarding));
    call.on("error", (error) => {
      if (cut || response.destroyed) return;
      if (response.headersSent) return void response.destroy();
      if (again && body === "none" && current.reusedSocket && isReset(error)) return attempt(false);
      forwarding.failed(explain(error));
    });
    sendBody(incoming, call, body);
  };
  if (body !== "none") incoming.on("data", (chunk: Buffer) => count("up", chunk.length));
  incoming.once("error", end);
  response.once("close", () => {
    if (!response.writableFinished) end();
  });
  attempt(true);
  return () => {
    end();
    response.destroy();
  };
}

function sendBody(incoming: IncomingMessage, call: ClientRequest, body: Body): void {
  if (body === "none") return void call.end();
  if (body === "chunked") call.flushHeaders(); // with a length, head and first bytes go out in one packet
  incoming.pipe(call);
}

function relay(answer: IncomingMessage, { response, secrets, failed, count }: Forwarding): void {
  if (response.destroyed) return void answer.destroy();
  try {
    response.writeHead(
      answer.statusCode ?? 502,
      printable(answer.statusMessage),
      inboundHeaders(answer.rawHeaders, secrets),
    );
  } catch (error) {
    answer.destroy();
    return failed(explain(error));
  }
  if (answer.headers["content-length"] === undefined) response.flushHeaders(); // an event stream shows its head at once
  answer.on("data", (chunk: Buffer) => count("down", chunk.length));
  answer.once("error", () => response.destroy());
  answer.once("close", () => {
    if (!answer.complete) response.destroy();
  });
  answer.pipe(response);
}

function printable(text: string | undefined): string {
  return (text ?? "").replaceAll(/[^\u0020-\u007e]/g, "");
}

function isReset(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function explain(error: unknown): Refusal {
  if (error instanceof AddressRefused) {
    return { status: 403, code: "address_refused", rule: "public addresses only", reason: error.message };
  }
  if (error instanceof ConnectTimeout)
    return { status: 504, code: "upstream_timeout", rule: "upstream", reason: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return {
    status: 502,
    code: "upstream_failed",
    rule: "upstream",
    reason: `the server could not be asked: ${reason.split("\n", 1)[0]}`,
  };
}
