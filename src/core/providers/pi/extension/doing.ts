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

const MOST_TOLD = 150;

export const AT_REST: Doing = { isWorking: false, running: [], failure: "", event: "session_start" };

/** Tools of supervise that wait for the operator: what for, and which argument says more. list-egress-routes answers at once. */
const ASKING: ReadonlyMap<string, { readonly asks: string; readonly name: string }> = new Map([
  ["egress-block", { asks: "asks to reach", name: "host" }],
  ["pipelock-block", { asks: "asks about a finding on", name: "host" }],
  ["capability-block", { asks: "asks for another image", name: "" }],
  ["ask-operator", { asks: "asks:", name: "text" }],
  ["proposal-status", { asks: "waits for a decision on", name: "id" }],
]);

export function after(doing: Doing, happened: Happened): Doing {
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
      const asks = question(tool, args);
      // Arguments of its work are not told: a secret that it was given may stand in a command.
      const call = { id, asks: asks !== undefined, what: asks ?? tool };
      return { ...doing, running: [...doing.running.filter((other) => other.id !== id), call], event };
    }
    case "tool_execution_end":
      return { ...doing, running: doing.running.filter(({ id }) => id !== happened.id), event };
    case "agent_end":
      return { isWorking: false, running: [], failure: told(happened.failure), event };
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

/** One line; undefined for a tool that asks nobody. */
function question(tool: string, args: unknown): string | undefined {
  const asking = ASKING.get(tool);
  if (asking === undefined) return undefined;
  const said = isObject(args) ? args[asking.name] : undefined;
  return typeof said === "string" && said !== "" ? `${asking.asks} ${told(said)}` : asking.asks;
}

function told(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, MOST_TOLD);
}
