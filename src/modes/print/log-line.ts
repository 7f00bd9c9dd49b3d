// One line of a bottle's logs.

import type { LogLine } from "#contracts/console.ts";
import { plainLine } from "#domain/plain-text.ts";

import type { Ink, Paint } from "./paint.ts";

const INKS: Readonly<Record<string, Ink>> = {
  egress: "cyan",
  supervise: "magenta",
  init: "blue",
  "git-gate": "yellow",
  credentials: "green",
};
const WIDEST_SOURCE = 9;

/** `12:34:56.789 egress     text`: the time in UTC, as the files have it. */
export function logLine({ at, source, text }: LogLine, paint: Paint): string {
  const name = plainLine(source).padEnd(WIDEST_SOURCE);
  const ink = INKS[source];
  return `${paint("dim", plainLine(at.slice(11, 23)))} ${ink === undefined ? name : paint(ink, name)} ${plainLine(text)}`;
}
