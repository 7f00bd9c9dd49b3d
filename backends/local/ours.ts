// Whether a state folder belongs to a bottle of this backend.

import { Metadata } from "#domain/fleet/metadata.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { readBounded } from "#lib/read-bounded.ts";

export function isOurs({ metadata }: BottlePaths): boolean {
  try {
    return Metadata.parse(JSON.parse(readBounded(metadata) ?? "")).backend === "local";
  } catch {
    return false; // unreadable: the fleet shows it as a problem of its own
  }
}
