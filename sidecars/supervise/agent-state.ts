// POST /state: what an agent says of itself, kept in state/<slug>/agent/state.json.

import { AgentReport } from "#domain/fleet/agent-report.ts";
import { plainLine } from "#domain/plain-text.ts";
import type { BottlePaths } from "#lib/paths.ts";

import { newTaker, type Taker } from "./taker.ts";

const DETAIL_LIMIT = 200;

const Said = AgentReport.omit({ at: true, since: true });

/** `redact` takes the bottle's own secrets out of what is seen, invisible characters gone: a detail may be a command that names one. */
export function agentStateTaker(paths: BottlePaths, redact: (text: string) => string): Taker {
  let last: { readonly state: AgentReport["state"]; readonly since: string } | undefined;
  return newTaker(paths.agent.state, Said, ({ state, detail, event }, now): AgentReport => {
    const at = now.toISOString();
    last = last?.state === state ? last : { state, since: at };
    return {
      state,
      detail: redact(plainLine(detail)).slice(0, DETAIL_LIMIT),
      event: redact(plainLine(event)),
      at,
      since: last.since,
    };
  });
}
