// Any failure as one plain line for the operator.

import { plainLine } from "#domain/plain-text.ts";

export function messageOf(error: unknown): string {
  return plainLine(error instanceof Error ? error.message : String(error));
}
