// The bottle's own secrets, as init hands them to a daemon (EGRESS_SECRET_<NAME>): what the operator answered when the
// bottle was started, and the canary.

import { CANARY_RULE } from "#domain/proposal/approved-exception.ts";
import type { OwnSecret } from "#domain/secrets/scanner.ts";

const PREFIX = "EGRESS_SECRET_";

/** Out of the environment, so that nothing that is ever started from here inherits them. Empty ones are left out. */
export function takeSecrets(env: NodeJS.ProcessEnv): OwnSecret[] {
  const secrets: OwnSecret[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX)) continue;
    if (value !== undefined && value !== "") secrets.push({ rule: ruleOf(name.slice(PREFIX.length)), value });
    delete env[name];
  }
  return secrets;
}

/** Ids of rules are in lower case. */
function ruleOf(name: string): string {
  return name === "CANARY" ? CANARY_RULE : `own:${name.toLowerCase()}`;
}
