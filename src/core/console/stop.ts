// Ends a bottle and writes that down.

import type { Backend } from "#contracts/backend.ts";
import { userName } from "#core/decide/desk.ts";
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
      actor: `operator:${userName()}`,
      action: "stop",
      component: backend.name,
      detail: "stopped by the operator",
    },
    now,
  );
}
