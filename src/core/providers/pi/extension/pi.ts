// What the extension uses of Pi's own extension interface (0.73): types only, as Pi is no dependency of ours.

export interface Pi {
  on<Name extends keyof PiEvents>(name: Name, handle: (event: PiEvents[Name], context: PiContext) => unknown): void;
  /** At any time: a tool that is registered later is offered from the next request on. */
  registerTool(tool: PiTool): void;
}

export interface PiContext {
  /** False for a run without a screen. */
  readonly hasUI: boolean;
}

export interface PiEvents {
  readonly session_start: object;
  readonly session_shutdown: object;
  readonly before_agent_start: object;
  readonly agent_start: object;
  readonly agent_end: { readonly messages?: readonly PiMessage[] };
  readonly turn_start: object;
  readonly tool_execution_start: { readonly toolCallId: string; readonly toolName: string; readonly args?: unknown };
  readonly tool_execution_end: { readonly toolCallId: string };
}

export interface PiMessage {
  readonly role?: string;
  readonly stopReason?: string;
  readonly errorMessage?: string;
}

export interface PiTool {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** A line of the system prompt's list of tools. */
  readonly promptSnippet?: string;
  readonly promptGuidelines?: string[];
  /** JSON schema. */
  readonly parameters: object;
  /** An error is thrown: a result never counts as one. */
  execute(
    id: string,
    args: unknown,
    signal: AbortSignal | undefined,
    progress: ((partial: PiToolResult) => void) | undefined,
  ): Promise<PiToolResult>;
}

export interface PiToolResult {
  readonly content: PiContent[];
  readonly details: object;
}

export type PiContent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly data: string; readonly mimeType: string };
