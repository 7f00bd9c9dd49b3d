// An agent's live output on a screen: whole characters, whole sequences, without our marks; held back while the screen lags.

import type { Duplex } from "node:stream";
import { StringDecoder } from "node:string_decoder";

import { paced } from "#lib/redact/paced.ts";
import type { Redactor } from "#lib/redact/redactor.ts";
import { flowControl } from "#lib/screen/flow-control.ts";
import { holdSequences } from "#lib/screen/hold-sequences.ts";
import type { Screen } from "#lib/screen/screen.ts";

import { markFilter } from "./marks.ts";

export interface LiveOutput {
  /** Resolves when the mark is met; the output behind it waits for `begin`. Rejects when the connection ends before. */
  waitFor(mark: string): Promise<void>;
  /** From now on output goes to the screen: what waits first. */
  begin(alive: () => void): void;
  /** Resolves at the end of the connection, with all that came on the screen. */
  readonly ended: Promise<void>;
}

/** `redactor`: the one that the output before went through. */
export function liveOutput(connection: Duplex, screen: Screen, redactor: Redactor): LiveOutput {
  const filter = markFilter();
  const decoder = new StringDecoder("utf8");
  const holder = holdSequences();
  const ended = Promise.withResolvers<void>();
  const flow = flowControl(connection, [screen]);
  let state: "before" | "waiting" | "live" = "before";
  let wanted: { readonly mark: string; readonly met: () => void; readonly lost: (error: Error) => void } | undefined;
  let waiting: Buffer[] = [];
  let shown = 0;
  let touch = (): void => {};

  const output = paced(redactor, (bytes) => {
    shown += bytes.length;
    screen.show(holder.push(decoder.write(bytes)), shown);
  });
  const show = (bytes: Buffer): void => {
    touch();
    output.push(bytes);
  };
  const take = (chunk: Buffer): void => {
    for (const piece of filter.push(chunk)) {
      if (piece.type === "mark") {
        if (state !== "before" || piece.name !== wanted?.mark) continue;
        state = "waiting";
        connection.pause();
        wanted.met();
      } else if (state === "waiting") waiting.push(piece.bytes);
      else if (state === "live") show(piece.bytes);
    }
    if (state === "live") flow.check();
  };
  const end = (): void => {
    for (const piece of filter.end()) if (piece.type === "bytes" && state === "live") show(piece.bytes);
    output.end();
    screen.show(holder.push(decoder.end()) + holder.flush(), shown);
    wanted?.lost(new Error("the terminal's connection ended"));
    screen.afterAll(() => ended.resolve());
  };
  connection.on("data", take);
  connection.once("close", end);
  return {
    ended: ended.promise,
    waitFor: (mark) =>
      new Promise((met, lost) => {
        wanted = { mark, met, lost };
      }),
    begin(alive) {
      touch = alive;
      state = "live";
      for (const bytes of waiting) show(bytes);
      waiting = [];
      connection.resume();
    },
  };
}
