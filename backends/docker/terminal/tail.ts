// The end of what an agent wrote on its terminal, from the engine's log, without our own marks.

import type { Container } from "dockerode";

import type { Redactor } from "#lib/redact/redactor.ts";
import { holdSequences } from "#lib/screen/hold-sequences.ts";

import { markFilter } from "./marks.ts";

/** At most so many lines of the log; ends outside of escape sequences. */
export async function tailOf(container: Container, redactor: Redactor, tail: number): Promise<string> {
  const log = await container.logs({ stdout: true, stderr: true, follow: false, tail });
  const filter = markFilter();
  const pieces = [...filter.push(log), ...filter.end()];
  const bytes = pieces.map((piece) => (piece.type === "bytes" ? piece.bytes : Buffer.alloc(0)));
  const holder = holdSequences();
  const shown = Buffer.concat([redactor.push(Buffer.concat(bytes)), redactor.flush()]);
  return holder.push(shown.toString("utf8")) + holder.flush();
}
