// What a test needs of the machine. Missing, it is skipped and the run ends with the reason; BOTTLE_REQUIRE makes it a failure.

declare module "vitest" {
  interface TaskMeta {
    /** Read by the reporter. */
    skipReason?: string;
  }
}

export interface Requirement {
  readonly skip: boolean;
  /** Read by the reporter. */
  readonly meta: { readonly skipReason?: string };
}

/**
 * Options for a test or a suite: `describe("bubblewrap", requirement("bwrap", probe), () => …)`.
 * `probe` says what is missing and how to get it, or nothing when all is there.
 * Throws, and so fails the file, when BOTTLE_REQUIRE (a comma-separated list) names the requirement.
 */
export function requirement(name: string, probe: () => string | undefined): Requirement {
  const missing = probe();
  if (missing === undefined) return { skip: false, meta: {} };
  if (required().includes(name)) throw new Error(`BOTTLE_REQUIRE names ${name}, and ${missing}`);
  return { skip: true, meta: { skipReason: `needs ${name}: ${missing}` } };
}

function required(): string[] {
  return (process.env["BOTTLE_REQUIRE"] ?? "").split(",").map((name) => name.trim());
}
