// A bottle's logs where the backend has what the agent wrote: together with the files of all other sources, by time.

import type { AgentLine, Bottle } from "#contracts/backend.ts";
import type { LogLine, LogOptions } from "#contracts/console.ts";

import { followLogs } from "./follow-logs.ts";

type AgentLog = NonNullable<Bottle["agentLog"]>;

/** As `followLogs`. An agent's log that cannot be read costs itself alone, and a line that says so. */
export async function followWithAgentLog(
  folder: string,
  agentLog: AgentLog,
  options: LogOptions,
  line: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { tail, since, follow = false, sources } = options;
  if (sources !== undefined && !sources.includes("agent")) return followLogs(folder, options, line, signal);
  const past = Promise.withResolvers<void>();
  let early: LogLine[] | undefined = [];
  const take = (next: LogLine): void => void (early === undefined ? line(next) : early.push(next));
  const wanted = {
    follow,
    caughtUp: past.resolve,
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since }),
  };
  const agent = agentLog(wanted, (each: AgentLine) => take({ ...each, source: "agent" }), signal)
    .catch((error: unknown) => {
      if (!signal.aborted) take({ at: new Date().toISOString(), source: "agent", text: unreadable(error) });
    })
    .finally(past.resolve);
  await past.promise;

  const files: LogLine[] = [];
  let isPast = true;
  const heard = (next: LogLine): void => void (isPast ? files.push(next) : line(next));
  const tellPast = (): void => {
    isPast = false;
    const all = [...files, ...(early ?? [])].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    early = undefined;
    for (const each of tail === undefined ? all : all.slice(Math.max(0, all.length - tail))) line(each);
  };
  await followLogs(folder, { ...options, caughtUp: tellPast }, heard, signal);
  await agent;
}

function unreadable(error: unknown): string {
  return `[what it wrote cannot be read: ${error instanceof Error ? error.message : String(error)}]`;
}
