// Pi as its extension sees it: takes handlers and tools, and fires events in turn, as Pi does.

import type { Pi, PiContext, PiEvents, PiTool } from "#core/providers/pi/extension/pi.ts";

type Handler = (event: never, context: PiContext) => unknown;

export class FakePi implements Pi {
  readonly tools = new Map<string, PiTool>();
  readonly #handlers: { name: string; handle: Handler }[] = [];
  readonly #context: PiContext;

  constructor(context: PiContext = { hasUI: true }) {
    this.#context = context;
  }

  on<Name extends keyof PiEvents>(name: Name, handle: (event: PiEvents[Name], context: PiContext) => unknown): void {
    this.#handlers.push({ name, handle });
  }

  registerTool(tool: PiTool): void {
    this.tools.set(tool.name, tool);
  }

  async fire<Name extends keyof PiEvents>(name: Name, event: PiEvents[Name]): Promise<void> {
    for (const { name: of, handle } of this.#handlers) {
      // oxlint-disable-next-line no-await-in-loop -- one after another, as Pi calls them
      if (of === name) await handle(event as never, this.#context);
    }
  }

  async call(tool: string, args: object, signal?: AbortSignal): Promise<string> {
    const found = this.tools.get(tool);
    if (found === undefined) throw new Error(`no tool ${tool}`);
    const { content } = await found.execute("call-1", args, signal, undefined);
    return content.map((part) => (part.type === "text" ? part.text : part.type)).join("\n");
  }
}
