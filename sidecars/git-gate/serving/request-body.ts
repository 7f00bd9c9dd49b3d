// The body of one request as git gets it: unpacked, counted against its limit, and never waited for without end.

import type { IncomingMessage } from "node:http";
import { Transform, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

import { watchCommandSection } from "./command-section.ts";
import { mostBodyBytes, tooLarge } from "./http-request.ts";
import type { GitAsk } from "./http-backend.ts";

export interface Refusal {
  readonly status: number;
  readonly message: string;
}

export interface RequestBody {
  readonly stream: Readable;
  /** All of it has come and been taken. */
  readonly complete: () => boolean;
}

/** Between two pieces of a body. */
const IDLE_MS = 60_000;

/** `refused` is called once, when the rest is not wanted. */
export function openBody(
  request: IncomingMessage,
  ask: GitAsk & { kind: "rpc" },
  maxPackBytes: number,
  refused: (refusal: Refusal) => void,
  idleMs = IDLE_MS,
): RequestBody {
  const most = mostBodyBytes(ask.service, maxPackBytes);
  const section = ask.service === "git-receive-pack" ? watchCommandSection() : undefined;
  let size = 0;
  let over = false;
  let complete = false;
  const refuse = (status: number, message: string): void => {
    clearTimeout(idle);
    if (over) return;
    over = true;
    request.unpipe();
    refused({ status, message });
  };
  const idle = setTimeout(() => {
    if (request.isPaused()) idle.refresh(); // git itself is slow
    else refuse(408, "nothing came for too long");
  }, idleMs);
  request.on("data", () => void idle.refresh());
  request.once("close", () => clearTimeout(idle));
  request.once("end", () => clearTimeout(idle));

  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (over) return done();
      size += chunk.length;
      if (size > most) refuse(413, tooLarge(most));
      const wrong = section?.push(chunk);
      if (wrong !== undefined) refuse(400, wrong);
      return over ? done() : done(null, chunk);
    },
    flush(done) {
      complete = !over;
      done();
    },
  });
  if (ask.gzip) {
    const gunzip = createGunzip();
    gunzip.once("error", () => refuse(400, "the body is no gzip"));
    request.pipe(gunzip).pipe(counted);
  } else request.pipe(counted);
  request.once("error", () => clearTimeout(idle));
  return { stream: counted, complete: () => complete };
}
