// What went wrong with an upstream, from what ssh and git printed: one clear sentence, what to do, and no secret.

import type { GateRepo } from "#domain/git-gate/gate.ts";
import { plainLine } from "#domain/plain-text.ts";

import { upstreamName } from "./ssh-command.ts";

interface Cause {
  readonly sign: RegExp;
  readonly explain: (repo: GateRepo) => string;
}

/** The first that matches. */
const CAUSES: readonly Cause[] = [
  {
    sign: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|No \S+ host key is known/,
    explain: ({ name, host }) =>
      `${host} did not prove to be the host that git-gate.repos.${name}.host_key names; ` +
      "somebody may be in between: compare the key with what its operator publishes before you change it",
  },
  {
    sign: /Permission denied \(|Too many authentication failures/,
    explain: ({ name, host, user }) =>
      `${host} does not let ${user} in with the key of git-gate.repos.${name}.identity; register its public key there`,
  },
  {
    sign: /Could not resolve hostname/,
    explain: ({ host }) => `the host ${host} is not known to the name server`,
  },
  {
    sign: /Connection refused/,
    explain: ({ host, port }) => `${host} refuses connections on port ${port}; is its ssh server up?`,
  },
  {
    sign: /timed out|Timeout, server|Connection to \S+ .*closed by remote host/i,
    explain: ({ host, port }) => `${host} did not answer on port ${port} in time`,
  },
  {
    sign: /No route to host|Network is unreachable/,
    explain: ({ host }) => `there is no way to ${host} from here`,
  },
  {
    sign: /invalid format|error in libcrypto|Load key /,
    explain: ({ name }) => `ssh cannot use the key of git-gate.repos.${name}.identity`,
  },
  {
    sign: /does not appear to be a git repository|[Rr]epository not found|not found\.?$/m,
    explain: ({ path, host, name }) =>
      `${host} has no repository ${path}, or does not show it to this key; check git-gate.repos.${name}.url`,
  },
  {
    sign: /No space left on device/,
    explain: () => "the disk of the gate is full",
  },
  {
    sign: /cannot run ssh|ssh: not found|error: cannot spawn/,
    explain: () => "there is no ssh client beside the gate; install openssh-client",
  },
  {
    sign: /Connection (?:closed|reset)|kex_exchange_identification|unexpected disconnect|early EOF|hung up unexpectedly/,
    explain: ({ host }) => `${host} closed the connection before all was said`,
  },
];

const MOST_QUOTED = 300;

/** One line, for the agent as well as for the operator: the upstream's name, what failed, what to do. */
export function explainFailure(repo: GateRepo, stderr: string, timedOut = false): string {
  const prefix = `the upstream ${plainLine(upstreamName(repo))} cannot be reached:`;
  if (timedOut) return `${prefix} it took too long`;
  const cause = CAUSES.find(({ sign }) => sign.test(stderr));
  return `${prefix} ${cause?.explain(repo) ?? `git says: ${lastWords(stderr)}`}`;
}

/** The last line that says anything of its own. */
function lastWords(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => plainLine(line).trim());
  const telling = lines.filter((line) => line !== "" && !/^(?:Please make sure|and the repository exists)/.test(line));
  const line = telling.findLast((text) => /^(?:fatal|error|remote):/.test(text)) ?? telling.at(-1);
  return (line ?? "nothing").slice(0, MOST_QUOTED);
}
