// Whether a state folder belongs to a bottle of this backend.

import { readFileSync } from "node:fs";

import { Metadata } from "#domain/fleet/metadata.ts";
import type { BottlePaths } from "#lib/paths.ts";

export function isOurs({ metadata }: BottlePaths): boolean {
  try {
    return Metadata.parse(JSON.parse(readFileSync(metadata, "utf8"))).backend === "local";
  } catch {
    return false; // unreadable: the fleet shows it as a problem of its own
  }
}
