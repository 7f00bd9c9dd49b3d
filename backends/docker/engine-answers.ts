// What an engine's refusal means.

/** There is no such container, or not any more. */
export function isGone(error: unknown): boolean {
  return statusCodeOf(error) === 404;
}

/** The container does not run, or is in the way otherwise. */
export function isConflict(error: unknown): boolean {
  return statusCodeOf(error) === 409;
}

function statusCodeOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}
