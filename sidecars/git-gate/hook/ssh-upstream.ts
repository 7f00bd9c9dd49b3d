// The upstream of a repository as the hook reaches it: by ssh, with what the definition says.

import { BottleError } from "#domain/bottle-error.ts";
import type { GateRepo } from "#domain/git-gate/gate.ts";

import type { GatePaths } from "../gate-paths.ts";
import type { Upstream } from "../push/forward.ts";
import { connectionTo } from "../upstream/connection.ts";
import { fetchUpstream } from "../upstream/fetch-upstream.ts";

export function sshUpstream(repo: GateRepo, paths: GatePaths): Upstream {
  return {
    connection: () => connectionTo(repo, paths),
    async fetch(signal) {
      try {
        await fetchUpstream(repo, paths, { lock: "held", signal });
        return undefined;
      } catch (error) {
        if (error instanceof BottleError) return error.message;
        throw error;
      }
    },
  };
}
