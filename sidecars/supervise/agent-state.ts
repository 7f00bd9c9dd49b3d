// POST /state: what an agent says of itself, kept in state/<slug>/agent/state.json.

import { AgentReport } from "#domain/fleet/agent-report.ts";
import { plainLine } from "#domain/plain-text.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import type { BottlePaths } from "#lib/paths.ts";

const MOST_A_WINDOW = 10;
const WINDOW_MS = 1000;
const DETAIL_LIMIT = 200;

export interface StateAnswer {
  readonly status: 204 | 400 | 429;
  readonly error?: string;
}

const Said = AgentReport.omit({ at: true });

/** Takes the body of each POST. Reports are written one after another, so that the last one said stays. */
export function agentStateTaker(paths: BottlePaths): (body: string, now: Date) => Promise<StateAnswer> {
  let window = { start: 0, count: 0 };
  let turn: Promise<unknown> = Promise.resolve();
  return async (body, now) => {
    const time = now.getTime();
    window = time - window.start < WINDOW_MS ? { ...window, count: window.count + 1 } : { start: time, count: 1 };
    if (window.count > MOST_A_WINDOW) return { status: 429, error: `at most ${MOST_A_WINDOW} reports a second` };
    const said = Said.safeParse(parseJson(body));
    if (!said.success) {
      const issues = said.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
      return { status: 400, error: issues.join("; ") };
    }
    const detail = plainLine(said.data.detail).slice(0, DETAIL_LIMIT);
    const report: AgentReport = {
      state: said.data.state,
      detail,
      event: plainLine(said.data.event),
      at: now.toISOString(),
    };
    const written = turn.then(() => writeAtomic(paths.agent.state, `${JSON.stringify(report)}\n`));
    turn = written.catch(() => {}); // its own caller is told
    await written;
    return { status: 204 };
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
