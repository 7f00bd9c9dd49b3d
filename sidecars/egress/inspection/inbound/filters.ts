// Puts body filters one behind the other, and makes a stream of one.

import { type Readable, Transform } from "node:stream";

import { type BodyFilter, InspectionRefused } from "../inspection.ts";
import { connect, decodeInto } from "./decode.ts";

/** Each gets what the one before lets out. */
export function inTurn(filters: readonly BodyFilter[]): BodyFilter {
  const [only] = filters;
  if (only !== undefined && filters.length === 1) return only;
  return {
    push: (piece) => filters.reduce((data, filter) => (data.length === 0 ? data : filter.push(data)), piece),
    end() {
      let data: Buffer = Buffer.alloc(0);
      for (const filter of filters) {
        const passed = data.length === 0 ? data : filter.push(data);
        const rest = filter.end();
        data = passed.length === 0 ? rest : rest.length === 0 ? passed : Buffer.concat([passed, rest]);
      }
      return data;
    },
  };
}

/** The body, decoded and then filtered. Its errors are InspectionRefused, or the body's own. */
export function filtered(body: Readable, encodings: readonly string[], filter: BodyFilter): Transform {
  const out = new Transform({
    transform(piece: Buffer, _encoding, done) {
      attempt(done, () => filter.push(piece));
    },
    flush(done) {
      attempt(done, () => filter.end());
    },
  });
  if (encodings.length === 0) connect(body, [], out);
  else decodeInto(body, encodings, out);
  return out;
}

function attempt(done: (error: Error | null, data?: Buffer) => void, work: () => Buffer): void {
  let data: Buffer;
  try {
    data = work();
  } catch (error) {
    return done(error instanceof Error ? error : new Error(String(error)));
  }
  done(null, data.length === 0 ? undefined : data);
}

export function isRefused(error: unknown): error is InspectionRefused {
  return error instanceof InspectionRefused;
}
