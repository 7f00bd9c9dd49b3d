// The fleet as a table.

import type { AgentChoice } from "#contracts/console.ts";
import { credentialWords, credentialMark } from "#domain/fleet/credential-words.ts";
import { isProved, weaknesses, type Isolation } from "#domain/fleet/isolation.ts";
import type { BottleRow, BottleState, Fleet } from "#domain/fleet/fleet.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Ink, Paint } from "./paint.ts";
import { shortDuration } from "./relative-time.ts";
import { table, type Cell } from "./table.ts";

const STATE_INKS: Readonly<Record<BottleState, Ink>> = {
  starting: "cyan",
  busy: "green",
  waiting: "yellow",
  idle: "green",
  unknown: "dim",
  exited: "dim",
  crashed: "red",
  stopped: "dim",
  lost: "red",
};

/** `problems` as the fleet has them: the rows of a backend that does not answer say so. */
export function bottleTable(
  bottles: readonly BottleRow[],
  now: Date,
  paint: Paint,
  problems: Fleet["problems"] = {},
): string {
  if (bottles.length === 0)
    return "no bottles; `bottle-dash demo` starts one to look at, `bottle-dash start <agent>` one of yours";
  return table(
    ["SLUG", "STATE", "FOR", "INBOX", "AGENT", "PROVIDER", "BACKEND", "ISOLATION", "LABEL", "LAST LINE"],
    bottles.map((row) => [
      { text: row.slug, ink: "bold" },
      stateCell(row, problems),
      age(row.since, now),
      row.pending === 0 ? "" : { text: String(row.pending), ink: "yellow" },
      plainLine(row.agent),
      plainLine(row.provider),
      backendText(row),
      isolationCell(row.isolation),
      plainLine(row.label),
      alarmCell(row) ??
        downText(row) ??
        credentialCell(row, now) ??
        whyCell(row) ??
        plainLine(row.last_line).slice(0, 60),
    ]),
    paint,
  );
}

export function agentTable(agents: readonly AgentChoice[], paint: Paint): string {
  if (agents.length === 0) return "no agents; `bottle-dash init <name>` makes one";
  return table(
    ["AGENT", "BOTTLE", "PROVIDER", "BACKEND", "FROM", "PROBLEM"],
    agents.map((agent) => [
      { text: agent.name, ink: "bold" },
      agent.bottle,
      agent.provider,
      agent.backend,
      agent.from,
      agent.problem === undefined ? "" : { text: plainLine(agent.problem), ink: "red" },
    ]),
    paint,
  );
}

/** The state is the last that is known when nobody answers for the bottle. */
function stateCell(row: BottleRow, problems: Fleet["problems"]): Cell {
  const text = stateText(row);
  if (!Object.hasOwn(problems, `backend ${row.backend}`)) return { text, ink: STATE_INKS[row.state] };
  return { text: row.state === "unknown" ? "unknown (host down)" : `${text} (host down)`, ink: "red" };
}

/** `docker:build-1` says the host already. */
function backendText({ backend, host }: BottleRow): string {
  const isSaid = host === "" || host === "local" || backend.endsWith(`:${host}`);
  return plainLine(isSaid ? backend : `${backend}@${host}`);
}

function stateText(row: BottleRow): string {
  if (row.signal !== null) return `${row.state} (${row.signal})`;
  return row.exit_code === null || row.exit_code === 0 ? row.state : `${row.state} (${row.exit_code})`;
}

function age(since: string, now: Date): string {
  const at = Date.parse(since);
  return Number.isNaN(at) ? "" : shortDuration(Math.max(0, now.getTime() - at));
}

function isolationCell(isolation: Isolation | null): Cell {
  if (isolation === null) return { text: "" };
  if (!isProved(isolation)) return { text: `${isolation.mechanism}: not proved`, ink: "red" };
  const weak = weaknesses(isolation).length;
  return weak === 0 ? { text: isolation.mechanism } : { text: `${isolation.mechanism}, ${weak} weak`, ink: "yellow" };
}

function alarmCell({ alarms }: BottleRow): Cell | undefined {
  return alarms === 0 ? undefined : { text: "CANARY SENT: see `bottle-dash proposals`", ink: "red" };
}

/** Only while it matters: before it bites, and as long as the bottle is there to be hurt. */
function credentialCell({ state, credential }: BottleRow, now: Date): Cell | undefined {
  const hasEnded = state === "exited" || state === "crashed" || state === "stopped" || state === "lost";
  if (credential === undefined || hasEnded || credentialMark(credential, now) === undefined) return undefined;
  return { text: plainLine(`credential of ${credentialWords(credential, now)}`), ink: "yellow" };
}

/** What it waits for; what it put to the operator is counted under INBOX. */
function whyCell({ state, why, pending }: BottleRow): Cell | undefined {
  if (state !== "waiting" || why === undefined || pending > 0) return undefined;
  return { text: `waiting: ${plainLine(why)}`, ink: "yellow" };
}

function downText(row: BottleRow): Cell | undefined {
  const down = Object.entries(row.down).map(([name, detail]) => `${name} is down: ${plainLine(detail)}`);
  return down.length === 0 ? undefined : { text: down.join("; "), ink: "red" };
}
