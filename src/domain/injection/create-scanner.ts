// Makes the scanner for prompt injection.

import type { InjectionScanner } from "./scanner.ts";

export function createInjectionScanner(): InjectionScanner {
  return { longestMatch: 1024, scan: () => ({ matches: [], exhausted: false }) };
}
