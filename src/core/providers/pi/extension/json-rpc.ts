// One JSON-RPC request of MCP's Streamable HTTP transport: a POST, answered by JSON or by a stream of events. The official
// client would be 445 kB in each bottle, and 50 ms and 8 MB of each start of Pi (measured); supervise is stateless, and this is
// all that it takes.

import { Agent, request, type IncomingMessage } from "node:http";

export interface RpcCall {
  readonly method: string;
  readonly params: object;
  readonly signal: AbortSignal;
  /** What a server says on the way: the `params` of its notifications. */
  readonly notified?: (method: string, params: unknown) => void;
}

const MOST_ANSWER = 8_388_608;
/** Its own: the global one may go through the bottle's proxy. */
const direct = new Agent({ keepAlive: false });
let last = 0;

/** The member `result` of the answer. Rejects with words for what went wrong. */
export async function rpc(url: string, { method, params, signal, notified }: RpcCall): Promise<unknown> {
  last += 1;
  const id = last;
  const response = await post(url, { jsonrpc: "2.0", id, method, params }, signal);
  for await (const message of messagesOf(response)) {
    if (!isObject(message)) continue;
    if (typeof message["method"] === "string") notified?.(message["method"], message["params"]);
    if (message["id"] !== id) continue;
    const { error } = message;
    if (isObject(error)) throw new Error(typeof error["message"] === "string" ? error["message"] : "refused");
    return message["result"];
  }
  throw new Error(`no answer (HTTP ${response.statusCode})`);
}

/** Resolves with the head of the answer; the time until then and after is `signal`'s. */
export function post(url: string, body: object, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const call = request(url, { method: "POST", headers, signal, agent: direct }, resolve);
    call.once("error", reject);
    call.end(JSON.stringify(body));
  });
}

async function* messagesOf(response: IncomingMessage): AsyncGenerator {
  const isStream = response.headers["content-type"]?.startsWith("text/event-stream") ?? false;
  let rest = "";
  let size = 0;
  response.setEncoding("utf8");
  for await (const chunk of response as AsyncIterable<string>) {
    size += chunk.length;
    if (size > MOST_ANSWER) throw new Error("the answer is too long");
    rest += chunk;
    if (!isStream) continue;
    const events = rest.split(/\r?\n\r?\n/);
    rest = events.pop() ?? "";
    for (const event of events) yield parseJson(dataOf(event));
  }
  if (rest.trim() !== "") yield parseJson(isStream ? dataOf(rest) : rest);
}

function dataOf(event: string): string {
  const lines = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  return lines.map((line) => line.slice("data:".length).replace(/^ /, "")).join("\n");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
