// A body that is too long or too slow to be held whole: it goes out as it comes, held back only as far as a value could
// reach, and ends with InspectionRefused when something is found that must not leave.

import { Readable } from "node:stream";

import { CodedFlow } from "./coded-flow.ts";
import type { Flow, StreamedBody } from "./flow.ts";
import { PlainFlow } from "./plain-flow.ts";

/** Nothing came for so long: all that is held goes. */
const QUIET_MS = 250;

export function streamBody(body: StreamedBody): Readable {
  let wanted: (() => void) | undefined;
  const wake = (): void => wanted?.();
  const out = new Readable({
    highWaterMark: 64 * 1024,
    read: wake,
    destroy(error, done) {
      done(error);
      wake();
    },
  });
  const push = async (bytes: Buffer): Promise<void> => {
    if (bytes.length === 0 || out.destroyed || out.push(bytes)) return;
    await new Promise<void>((resolve) => (wanted = resolve));
  };
  const flow = body.codings.length === 0 ? new PlainFlow(body, push) : new CodedFlow(body, push);
  pump(body, flow, out)
    .catch((error: Error) => void out.destroy(error))
    .finally(() => flow.close());
  return out;
}

async function pump({ reader, chunks }: StreamedBody, flow: Flow, out: Readable): Promise<void> {
  for (const chunk of chunks) await flow.take(chunk);
  while (!out.destroyed) {
    const chunk = reader.read();
    if (chunk !== null) {
      await flow.take(chunk);
      continue;
    }
    if (reader.ended) {
      await flow.end();
      out.push(null);
      return;
    }
    await new Promise((resolve) => setImmediate(resolve)); // what is on its way comes first
    if (await reader.wait(0)) continue;
    await flow.pause(false);
    if (!(await reader.wait(flow.holdsBack ? QUIET_MS : Infinity))) await flow.pause(true);
  }
}
