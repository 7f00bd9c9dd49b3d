// Runs inside the bottle as a hook of Claude Code: says to supervise how the agent stands where none of its own calls does.
// Claude Code keeps the state of each session in ~/.claude/sessions/<pid>.json and calls this when that file has changed. What
// goes wrong here stays here: the agent is never held up, and never told.
//
//   SessionStart   idle; asks for calls about the folder of sessions
//   CwdChanged     asks again: what is watched was forgotten with the folder
//   FileChanged    idle (a turn was stopped with Esc, or went to the background), or waiting in a dialog

import { readFileSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as after } from "node:timers/promises";

const [stateUrl = ""] = process.argv.slice(2);
const SESSIONS = join(homedir(), ".claude", "sessions");
/** Its file and the hook that began a turn come a few milliseconds apart, in either order. */
const SETTLED_MS = 100;
const PATIENCE_MS = 2000;

interface Report {
  readonly state: "busy" | "idle" | "waiting";
  readonly detail: string;
}

await main().catch(() => {});

async function main(): Promise<void> {
  const call = parse(readFileSync(0, "utf8"));
  switch (call["hook_event_name"]) {
    case "SessionStart":
      watch("SessionStart");
      // After a compaction the turn goes on.
      if (call["source"] !== "compact") await post("SessionStart", { state: "idle", detail: "" });
      return;
    case "CwdChanged":
      return watch("CwdChanged");
    case "FileChanged":
      return await sessionChanged(call["file_path"]);
    default:
  }
}

function watch(hookEventName: string): void {
  process.stdout.write(JSON.stringify({ hookSpecificOutput: { hookEventName, watchPaths: [SESSIONS] } }));
}

async function sessionChanged(path: unknown): Promise<void> {
  if (typeof path !== "string" || dirname(path) !== SESSIONS || !path.endsWith(".json")) return;
  const report = reportOf(path);
  if (report === undefined || report.state === "busy") return;
  await post("session file", report);
  await after(SETTLED_MS);
  const now = reportOf(path);
  if (now?.state === "busy") await post("session file", now);
}

/** Undefined for a session that ended, and where a hook of its own knows better what it waits for. */
function reportOf(path: string): Report | undefined {
  const { status, waitingFor } = parse(readFileSync(path, "utf8"));
  switch (status) {
    case "busy":
      return { state: "busy", detail: "" };
    case "idle":
      return { state: "idle", detail: "" };
    case "shell":
      return { state: "idle", detail: "a command of its own goes on in the background" };
    case "waiting":
      if (waitingFor === "permission prompt") return undefined;
      return { state: "waiting", detail: typeof waitingFor === "string" ? waitingFor : "" };
    default:
      return undefined;
  }
}

/** Empty for what is no object. */
function parse(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function post(event: string, report: Report): Promise<void> {
  return new Promise((resolve) => {
    const call = request(stateUrl, { method: "POST", agent: false, headers: { "content-type": "application/json" } });
    call.setTimeout(PATIENCE_MS, () => call.destroy());
    call.once("response", (response) => response.resume());
    call.once("error", () => resolve());
    call.once("close", () => resolve());
    call.end(JSON.stringify({ ...report, event }));
  });
}
