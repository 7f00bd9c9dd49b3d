// Our own crash log: the trace is kept where the dashboard itself can show it next time.

import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Appends to `path`, or to a temporary file when that cannot be written; returns the file. Synchronous, never throws. */
export function writeCrashLog(path: string, error: unknown, at: Date): string | undefined {
  const entry = `=== dashboard crash ${at.toISOString()} ===\n${traceOf(error)}\n\n`;
  try {
    makeFolder(dirname(path));
    appendFileSync(path, entry, { mode: 0o600 });
    return path;
  } catch {
    const other = join(tmpdir(), `bottle-dash-crash-${process.pid}-${at.getTime()}.log`);
    try {
      writeFileSync(other, entry, { mode: 0o600, flag: "wx" });
      return other;
    } catch {
      return undefined;
    }
  }
}

/** Not `recursive`, with which Node never returns on a file system that answers ENOENT (such as /proc). */
function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
}

export function crashLine(error: unknown, file: string | undefined): string {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const line = what.split("\n")[0] ?? "unknown error";
  return `bottle-dash crashed: ${line} (${file === undefined ? "its trace could not be written anywhere" : `trace in ${file}`}); the bottles go on\n`;
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by: ${traceOf(error.cause)}`;
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`;
}
