// What a bottle's init keeps in memory for whoever replaces its agent, and its lifeline in the meantime.

import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { jsonSocket } from "#lib/json-socket.ts";
import type { BottlePaths } from "#lib/paths.ts";
import { connectUnix } from "#lib/unix-socket.ts";

/** Between lines of health comes the answer that was asked for. */
const Line = z.union([
  z.strictObject({ kept: z.string().nullable() }),
  z.looseObject({ daemons: z.array(z.unknown()) }),
]);
const LIMIT = 16 * 2 ** 20;

export interface HeldSidecars {
  readonly kept: string | null;
  /** From now on they end when the agent does. */
  release(): void;
}

/** Throws `unavailable` when the sidecars do not run. */
export async function holdSidecars(paths: BottlePaths): Promise<HeldSidecars> {
  const ended = (cause?: unknown): BottleError =>
    new BottleError("unavailable", "its sidecars do not run", {
      where: paths.init.socket,
      hint: "resume the bottle, then ask again",
      cause,
    });
  const socket = await connectUnix(paths.init.socket).catch((cause: unknown) => {
    throw ended(cause);
  });
  const answer = Promise.withResolvers<string | null>();
  const json = jsonSocket<typeof Line, { hold: true } | { kept: true }>(
    socket,
    Line,
    {
      message: (line) => {
        if ("kept" in line) answer.resolve(line.kept as string | null);
      },
      bad: (reason) => answer.reject(ended(reason)),
      closed: () => answer.reject(ended()),
    },
    LIMIT,
  );
  json.send({ hold: true });
  json.send({ kept: true });
  try {
    return { kept: await answer.promise, release: () => void socket.destroy() };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
