// supervise over MCP: what it offers, and a call. Stateless, as the server is: nothing is lost when that starts anew.

import { isObject, rpc } from "./json-rpc.ts";
import type { PiContent } from "./pi.ts";

export interface Offer {
  /** For the agent: how to use the tools together. */
  readonly instructions: string;
  readonly tools: readonly OfferedTool[];
}

export interface OfferedTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** JSON schema of its arguments. */
  readonly parameters: object;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly progress?: (text: string) => void;
}

const PROTOCOL = "2025-06-18";
const MOST_PAGES = 20;

export async function listTools(url: string, signal: AbortSignal): Promise<Offer> {
  const clientInfo = { name: "bottle-dash-pi", version: "1.0.0" };
  const hello = { protocolVersion: PROTOCOL, capabilities: {}, clientInfo };
  const greeted = await rpc(url, { method: "initialize", params: hello, signal });
  const tools: OfferedTool[] = [];
  let cursor: unknown;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const params = typeof cursor === "string" ? { cursor } : {};
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
    const listed = await rpc(url, { method: "tools/list", params, signal });
    if (!isObject(listed) || !Array.isArray(listed["tools"])) throw new Error("the list of tools has no tools");
    tools.push(...listed["tools"].flatMap(offeredTool));
    cursor = listed["nextCursor"];
    if (typeof cursor !== "string") break;
  }
  return { instructions: text(isObject(greeted) ? greeted["instructions"] : undefined), tools };
}

/** Rejects with the tool's own words when it failed. */
export async function callTool(
  url: string,
  name: string,
  args: unknown,
  { signal, progress }: CallOptions,
): Promise<PiContent[]> {
  const params = { name, arguments: isObject(args) ? args : {}, _meta: { progressToken: name } };
  const notified = (method: string, said: unknown): void => {
    if (method === "notifications/progress" && isObject(said)) progress?.(text(said["message"]));
  };
  const result = await rpc(url, { method: "tools/call", params, signal, notified });
  if (!isObject(result) || !Array.isArray(result["content"])) throw new Error("the answer has no content");
  const content = result["content"].flatMap(piContent);
  if (result["isError"] !== true) return content;
  const words = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  throw new Error(words.join("\n") || `${name} failed`);
}

function offeredTool(tool: unknown): OfferedTool[] {
  if (!isObject(tool) || typeof tool["name"] !== "string") return [];
  const { name, inputSchema } = tool;
  // Some model APIs refuse the key $schema.
  const { $schema: _dialect, ...parameters } = isObject(inputSchema) ? inputSchema : { type: "object" };
  return [{ name, title: text(tool["title"]) || name, description: text(tool["description"]), parameters }];
}

function piContent(part: unknown): PiContent[] {
  if (!isObject(part)) return [];
  const { type, data, mimeType } = part;
  if (type === "text") return [{ type, text: text(part["text"]) }];
  if (type === "image" && typeof data === "string" && typeof mimeType === "string") return [{ type, data, mimeType }];
  return [{ type: "text", text: JSON.stringify(part) }];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
