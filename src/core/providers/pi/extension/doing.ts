// What Pi is doing, from its events: pure, so that each step has a test.

import { isObject } from "./json-rpc.ts";

/** As POST /state takes it. */
export interface Said {
  readonly state: "busy" | "idle" | "waiting";
  readonly detail: string;
  readonly event: string;
}

export interface Doing {
  /** Between the start and the end of its work on one prompt. */
  readonly isWorking: boolean;
  /** Tools that run, by the id of the call, in the order of their start. */
  readonly running: readonly { readonly id: string; readonly asks: boolean; readonly what: string }[];
  /** Why its last work ended without an answer. */
  readonly failure: string;
  readonly event: string;
}

export type Happened =
  | { readonly type: "session_start" | "agent_start" | "turn_start" }
  | { readonly type: "tool_execution_start"; readonly id: string; readonly tool: string; readonly args: unknown }
  | { readonly type: "tool_execution_end"; readonly id: string }
  /** `failure` is empty when it has answered. */
  | { readonly type: "agent_end"; readonly failure: string };

export const AT_REST: Doing = { isWorking: false, running: [], failure: "", event: "session_start" };

/** `asking`: the names of tools that wait for the operator. */
export function after(doing: Doing, happened: Happened, asking: ReadonlySet<string>): Doing {
  const event = happened.type;
  switch (happened.type) {
    case "session_start":
      return AT_REST;
    case "agent_start":
      return { isWorking: true, running: [], failure: "", event };
    case "turn_start":
      return { ...doing, isWorking: true, event };
    case "tool_execution_start": {
      const { id, tool, args } = happened;
      const call = { id, asks: asking.has(tool), what: whatOf(tool, args) };
      return { ...doing, running: [...doing.running.filter((other) => other.id !== id), call], event };
    }
    case "tool_execution_end":
      return { ...doing, running: doing.running.filter(({ id }) => id !== happened.id), event };
    case "agent_end":
      return { isWorking: false, running: [], failure: happened.failure, event };
  }
}

export function said({ isWorking, running, failure, event }: Doing): Said {
  const asked = running.find(({ asks }) => asks);
  if (asked !== undefined) return { state: "waiting", detail: asked.what, event };
  if (isWorking) return { state: "busy", detail: running.at(-1)?.what ?? "", event };
  if (failure === "") return { state: "idle", detail: "", event };
  // Pi tries again by itself, 2, 4 and 8 s later, and says so to its screen alone.
  if (mayTryAgain(failure)) return { state: "busy", detail: `may try again: ${failure}`, event };
  return { state: "idle", detail: `failed: ${failure}`, event };
}

/** When nothing has come of "may try again". */
export function gaveUp({ failure, event }: Doing): Said {
  return { state: "idle", detail: `failed: ${failure}`, event };
}

export function mayTryAgain(failure: string): boolean {
  return /\b(?:429|50[0234])\b|overloaded|rate.?limit|network|connection|fetch failed|hang up|time(?:d )?.?out|terminated/i.test(
    failure,
  );
}

/** One line that tells the call: its name and the argument that says most. */
function whatOf(tool: string, args: unknown): string {
  const telling = ["command", "host", "text", "question", "path", "file_path", "pattern", "id"];
  const said = isObject(args)
    ? telling.map((name) => args[name]).find((value) => typeof value === "string")
    : undefined;
  return typeof said === "string" && said !== "" ? `${tool}: ${said.replaceAll(/\s+/g, " ").slice(0, 150)}` : tool;
}
