// init's health socket: the bundle's health to everybody who connects and again after each change; takes { stop: true },
// { kept: true } and { hold: true }.

import { createServer } from "node:net";
import { rmSync } from "node:fs";
import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import type { BundleHealth, KeptAnswer } from "#domain/sidecars/bundle.ts";
import { jsonSocket, type JsonSocket } from "#lib/json-socket.ts";
import { connectUnix, listenUnix } from "#lib/unix-socket.ts";

const Request = z.union([
  z.strictObject({ stop: z.literal(true) }),
  z.strictObject({ kept: z.literal(true) }),
  z.strictObject({ hold: z.literal(true) }),
]);
type Request = z.infer<typeof Request>;
const REQUEST_LIMIT = 4096;
/** A reader that lets this much pile up is cut off. */
const BACKLOG_LIMIT = 262_144;

export interface HealthRequests {
  stop(): void;
  /** What init was given to keep. */
  readonly kept: string | null;
  /** Holds the lifeline; returns how to let go. */
  hold(): () => void;
}

export interface HealthSocket {
  publish(health: BundleHealth): void;
  close(): void;
}

/** Throws `conflict` when another init of this bottle listens already. */
export async function openHealthSocket(path: string, first: BundleHealth, on: HealthRequests): Promise<HealthSocket> {
  await refuseSecond(path);
  let current = first;
  const readers = new Set<JsonSocket<BundleHealth | KeptAnswer>>();
  const server = createServer((socket) => {
    let letGo: (() => void) | undefined;
    const answer = (request: Request): void => {
      if ("stop" in request) on.stop();
      else if ("kept" in request) reader.send({ kept: on.kept });
      else letGo ??= on.hold();
    };
    const closed = (): void => {
      readers.delete(reader);
      letGo?.();
    };
    const reader: JsonSocket<BundleHealth | KeptAnswer> = jsonSocket(
      socket,
      Request,
      { message: answer, bad: () => socket.destroy(), closed },
      REQUEST_LIMIT,
    );
    readers.add(reader);
    reader.send(current);
  });
  await listenUnix(server, path);
  return {
    publish(health) {
      if (JSON.stringify(health) === JSON.stringify(current)) return;
      current = health;
      for (const reader of readers) {
        if (!reader.send(health) && reader.socket.writableLength > BACKLOG_LIMIT) reader.socket.destroy();
      }
    },
    close() {
      server.close();
      for (const reader of readers) reader.close();
      rmSync(path, { force: true });
    },
  };
}

async function refuseSecond(path: string): Promise<void> {
  const other = await connectUnix(path).catch(() => undefined);
  if (other === undefined) return;
  other.destroy();
  throw new BottleError("conflict", "this bottle's init runs already", { where: path });
}
