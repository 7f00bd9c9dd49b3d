// Ends a bottle and writes that down.

import { userInfo } from "node:os";

import type { Backend } from "#contracts/backend.ts";
import { appendAudit } from "#lib/store/audit-log.ts";

/** Idempotent; the home survives. */
export async function stopBottle(root: string, backend: Backend, slug: string, now: Date): Promise<void> {
  const bottle = backend.open(slug);
  const { phase } = await bottle.status();
  await bottle.stop();
  if (phase !== "running" && phase !== "starting") return;
  await appendAudit(
    { root, slug },
    {
      actor: `operator:${userInfo().username}`,
      action: "stop",
      component: backend.name,
      detail: "stopped by the operator",
    },
    now,
  );
}
