import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, expect, test } from "vitest";

import { callTool, listTools } from "#core/providers/pi/extension/mcp.ts";

const servers: Server[] = [];
const signal = new AbortController().signal;

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** A server that answers each call as `answer` writes it. */
async function serve(answer: (call: Call, response: ServerResponse, request: IncomingMessage) => void) {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => answer(JSON.parse(body) as Call, response, request));
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

function json(response: ServerResponse, message: object, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(message));
}

test("a list in several pages is read to its end, and what is no tool is left out", async () => {
  const url = await serve(({ id, method, params }, response) => {
    if (method === "initialize") return json(response, { id, result: { instructions: "Ask first." } });
    const tools = params["cursor"] === "2" ? [{ name: "b", title: "B" }] : [{ name: "a" }, { name: 7 }, null];
    return json(response, { id, result: { tools, ...(params["cursor"] === "2" ? {} : { nextCursor: "2" }) } });
  });
  expect(await listTools(url, signal)).toEqual({
    instructions: "Ask first.",
    tools: [
      { name: "a", title: "a", description: "", parameters: { type: "object" } },
      { name: "b", title: "B", description: "", parameters: { type: "object" } },
    ],
  });
});

test("a stream is read as it comes, whole letters and all: progress first, then the answer to this call", async () => {
  const url = await serve(({ id }, response) => {
    const events = [
      { method: "notifications/progress", params: { progressToken: "t", message: "wäit …" } },
      { id: id + 1000, result: { content: [{ type: "text", text: "another's" }] } },
      { id, result: { content: [{ type: "text", text: "döne" }] } },
    ];
    const text = events.map((event) => `event: message\r\ndata: ${JSON.stringify(event)}\r\n\r\n`).join("");
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const byte of Buffer.from(text)) response.write(Buffer.from([byte]));
    response.end();
  });
  const said: string[] = [];
  const content = await callTool(url, "t", {}, { signal, progress: (text) => said.push(text) });
  expect(content).toEqual([{ type: "text", text: "döne" }]);
  expect(said).toEqual(["wäit …"]);
});

test("images stay images, and what Pi has no kind for becomes text", async () => {
  const parts = [
    { type: "image", data: "AAAA", mimeType: "image/png" },
    { type: "resource_link", uri: "file:///x" },
  ];
  const url = await serve(({ id }, response) => json(response, { id, result: { content: parts } }));
  expect(await callTool(url, "t", {}, { signal })).toEqual([
    { type: "image", data: "AAAA", mimeType: "image/png" },
    { type: "text", text: '{"type":"resource_link","uri":"file:///x"}' },
  ]);
});

test.each([
  [
    "an error of the tool",
    { result: { isError: true, content: [{ type: "text", text: "no such host" }] } },
    "no such host",
  ],
  ["an error of the tool without words", { result: { isError: true, content: [] } }, "t failed"],
  ["an error of the protocol", { error: { code: -32_601, message: "Method not found" } }, "Method not found"],
  ["an answer without content", { result: {} }, "the answer has no content"],
  ["an answer to nothing", { id: "other", result: { content: [] } }, "no answer (HTTP 200)"],
])("%s is an error with words", async (_name, answer, words) => {
  const url = await serve(({ id }, response) => json(response, { id, ...answer }));
  await expect(callTool(url, "t", {}, { signal })).rejects.toThrow(words);
});

test("what is no JSON-RPC is an error that says so, and one without an end is cut off", async () => {
  const page = await serve((_call, response) => response.writeHead(502).end("<html>"));
  await expect(callTool(page, "t", {}, { signal })).rejects.toThrow("no answer (HTTP 502)");
  const endless = await serve((_call, response) => {
    const more = (): void => void response.write("x".repeat(65_536), () => setImmediate(more));
    response.on("error", () => {}).writeHead(200);
    more();
  });
  await expect(callTool(endless, "t", {}, { signal })).rejects.toThrow("too long");
});

test("arguments that are no object are none, so that the tool says what it wants", async () => {
  const seen: unknown[] = [];
  const url = await serve(({ id, params }, response) => {
    seen.push(params["arguments"]);
    json(response, { id, result: { content: [] } });
  });
  await callTool(url, "t", "text", { signal });
  expect(seen).toEqual([{}]);
});
