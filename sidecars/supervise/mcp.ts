// The tools over MCP (Streamable HTTP). Loads the SDK, so it is itself loaded with the first request.

import { AsyncLocalStorage } from "node:async_hooks";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer, type CallToolResult } from "@modelcontextprotocol/server";

import { BottleError } from "#domain/bottle-error.ts";

import type { McpHandler } from "./http-surface.ts";
import { MOST_WAITING } from "./limits.ts";
import type { Tool, ToolContext } from "./tool.ts";

export interface McpOptions {
  readonly tools: readonly Tool[];
  /** What all calls share; each adds its own signal. */
  readonly context: Omit<ToolContext, "signal" | "read" | "answered">;
  /** Aborts when the daemon stops. */
  readonly stopping: AbortSignal;
  /** Called after the agent has received the final answer to a proposal. */
  readonly settled: () => void;
  readonly tell: (problem: string) => void;
}

const INSTRUCTIONS =
  "You work in a bottle: only listed hosts can be reached, and a human operator decides what else. A refused request " +
  "names what to ask for; egress-block asks, ask-operator asks a question, and proposal-status waits on.";

/** Stateless: each request stands alone, so a restart of this daemon costs an agent nothing. */
export function mcpHandler(options: McpOptions): McpHandler {
  const exchanges = new AsyncLocalStorage<string[]>();
  const tell = (error: Error): void => options.tell(`mcp: ${error.message}`);
  const calls = { waiting: 0 };
  const read = new Set<string>();
  const answers = { read, answered: (id: string) => void exchanges.getStore()?.push(id) };
  const handler = createMcpHandler(() => newServer(options, calls, answers), { onerror: tell });
  const serve = toNodeHandler(handler, { onerror: tell });
  return async (request, response, message) => {
    const exchange: string[] = [];
    response.once("finish", () => {
      for (const id of exchange) read.add(id);
      if (exchange.length > 0) options.settled();
    });
    // The SDK's own, looser idea of a request: members that Node types as `string | undefined` are optional there.
    const loose = request as Parameters<typeof serve>[0];
    await exchanges.run(exchange, () => serve(loose, response, message));
  };
}

type Answers = Pick<ToolContext, "read" | "answered">;

function newServer({ tools, context, stopping }: McpOptions, calls: { waiting: number }, answers: Answers): McpServer {
  const server = new McpServer({ name: "bottle-dash-supervise", version: "1.0.0" }, { instructions: INSTRUCTIONS });
  for (const tool of tools) {
    const { name, title, description, input, readOnly } = tool;
    const config = {
      title,
      description,
      inputSchema: input,
      annotations: { readOnlyHint: readOnly, openWorldHint: false },
    };
    server.registerTool(name, config, async (args, call) => {
      if (calls.waiting >= MOST_WAITING)
        return toolError(`${MOST_WAITING} calls wait already; wait until one has its answer`);
      calls.waiting += 1;
      try {
        const signal = AbortSignal.any([call.mcpReq.signal, stopping]);
        return { content: [{ type: "text", text: await tool.run(args, { ...context, ...answers, signal }) }] };
      } catch (error) {
        if (error instanceof BottleError) return toolError(error.message);
        throw error;
      } finally {
        calls.waiting -= 1;
      }
    });
  }
  return server;
}

function toolError(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}
