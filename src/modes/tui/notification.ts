// How the operator's terminal is told that something waits, or will.

import type { Config } from "#domain/config/config.ts";
import { plainLine } from "#domain/plain-text.ts";

/** Bytes for the terminal; empty when notifications are off. */
export function arrivalSignal(
  kind: Config["notifications"],
  bottles: readonly string[],
  alarms: readonly string[] = [],
): string {
  return signal(
    kind,
    alarms.length > 0
      ? `CANARY SENT by ${names(alarms)}: it tried to leak credentials`
      : `${names(bottles)} waits for you`,
  );
}

/** Once for each credential, when it begins to expire soon. */
export function expirySignal(kind: Config["notifications"], bottles: readonly string[]): string {
  return signal(kind, `the credential of ${names(bottles)} expires soon`);
}

function signal(kind: Config["notifications"], text: string): string {
  switch (kind) {
    case "off":
      return "";
    case "bel":
      return "\u0007";
    case "osc9":
      return `\u001b]9;${text}\u001b\\`;
    case "osc777":
      return `\u001b]777;notify;bottle-dash;${text}\u001b\\`;
  }
}

function names(bottles: readonly string[]): string {
  return plainLine([...new Set(bottles)].slice(0, 3).join(", ")).replaceAll(";", ",");
}
