// How long another Dockerfile holds: it is kept with its bottle. The one place that says what the scopes mean for it.

import type { ApproveOptions } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";
import type { Scope } from "#domain/proposal/decision.ts";

/**
 * `once` and `session` come to the same: an image is not used up, and the bottle keeps it when it is started again.
 * Throws `refused` for `manifest` and for an end: nothing turns a bottle back by itself.
 */
export function rebuildScope(id: string, { scope, expiresAt }: Pick<ApproveOptions, "scope" | "expiresAt">): Scope {
  if (scope === "manifest") {
    throw new BottleError("refused", "an approved Dockerfile is kept with its bottle, not in the definition", {
      where: id,
      hint: "approve it for the session; for other bottles save it and name it as `agent_provider.dockerfile`",
    });
  }
  if (expiresAt !== undefined) {
    throw new BottleError("refused", "an approved Dockerfile has no end: nothing turns the bottle back by itself", {
      where: id,
      hint: "approve it without an end, and undo it when you like",
    });
  }
  return "session";
}
