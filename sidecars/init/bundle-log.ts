// Where the bundle's lines go: each source's own log file, and all of them, prefixed, on init's standard output.

import type { BottlePaths } from "#lib/paths.ts";
import { openLog, type LogFile } from "#lib/log-file.ts";

export interface BundleLog {
  write(source: string, text: string): void;
  close(): Promise<void>;
}

export function openBundleLog(paths: BottlePaths, output: NodeJS.WritableStream, now: () => Date): BundleLog {
  const files = new Map<string, LogFile>();
  const fileOf = (source: string): LogFile => {
    const open = files.get(source) ?? openLog(paths.logs.of(source), source);
    files.set(source, open);
    return open;
  };
  output.on("error", () => {}); // the launcher that read it is gone; the files remain
  return {
    write(source, text) {
      fileOf(source).write(text, now());
      output.write(`${source}: ${text}\n`);
    },
    async close() {
      await Promise.all([...files.values()].map((file) => file.close()));
    },
  };
}
