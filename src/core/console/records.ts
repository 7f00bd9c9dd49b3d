// What was written down: logs, crashes, the audit trail; and the state of this machine.

import type { Console } from "#contracts/console.ts";
import { bottlePaths } from "#lib/paths.ts";

import { backendOf, type ConsoleWorld } from "./part.ts";

type Records = Pick<Console, "logs" | "crashLogs" | "audit" | "verifyAudit" | "doctor">;

export function recordsOf(world: ConsoleWorld): Records {
  const { root, backends, closed } = world;
  return {
    async logs(slug, options, line, signal) {
      const bottle = (await backendOf(world, slug)).open(slug); // names a bottle that is not there
      const folder = bottlePaths(root, slug).logs.dir;
      const ended = AbortSignal.any([signal, closed]);
      if (bottle.agentLog === undefined) {
        const { followLogs } = await import("#core/logs/follow-logs.ts");
        await followLogs(folder, options, line, ended);
      } else {
        const { followWithAgentLog } = await import("#core/logs/with-agent-log.ts");
        await followWithAgentLog(folder, bottle.agentLog, options, line, ended);
      }
    },
    async crashLogs() {
      const { listCrashLogs } = await import("#core/crash-logs.ts");
      return await listCrashLogs(root);
    },
    async audit(slug) {
      const { readAuditLog } = await import("#lib/store/audit-log.ts");
      return await readAuditLog({ root, slug });
    },
    async verifyAudit(slug) {
      const { verifyAll } = await import("./verify-audit.ts");
      return await verifyAll(root, slug);
    },
    async doctor() {
      const { examine } = await import("#core/doctor.ts");
      return await examine(root, backends);
    },
  };
}
