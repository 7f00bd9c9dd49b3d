// Runs inside Pi, as an extension of its: gives it the tools of supervise, and tells supervise how it stands. Pi refuses to
// start when an extension fails to load, so nothing here may throw.

import { failureOf } from "../extension/failure.ts";
import { offerTools } from "../extension/offer-tools.ts";
import type { Pi } from "../extension/pi.ts";
import { reporter } from "../extension/reporter.ts";
import { reportState } from "../extension/report-state.ts";

/** The process whose state is the bottle's: a further Pi that the agent starts itself does not report. */
const REPORTS = "SUPERVISE_REPORTER";

// oxlint-disable-next-line import/no-default-export -- Pi calls the default export of an extension
export default function supervised(pi: Pi): void {
  tellByExitCode(pi);
  const { SUPERVISE_URL: mcp, SUPERVISE_STATE: state } = process.env;
  // Both, or the bottle has no supervise.
  if (mcp === undefined || state === undefined) return;
  offerTools(pi, mcp);
  const own = String(process.pid);
  if ((process.env[REPORTS] ??= own) === own) reportState(pi, reporter(state));
}

/** `--mode json` ends with 0 whatever became of the work. */
function tellByExitCode(pi: Pi): void {
  pi.on("agent_end", ({ messages }, { hasUI }) => {
    if (!hasUI) process.exitCode = failureOf(messages) === "" ? 0 : 1;
  });
}
