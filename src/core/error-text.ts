// An error as one line of plain text.

import { plainLine } from "#domain/plain-text.ts";

export function errorText(error: unknown): string {
  return plainLine(error instanceof Error ? error.message : String(error));
}
