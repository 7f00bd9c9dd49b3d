// The guest-agent protocol from the operator's side: requests with answers, and the events of one subscription.

import * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { GuestResponse, ShellEvent, type GuestRequest } from "#domain/guest-agent/protocol.ts";
import { jsonSocket } from "#lib/json-socket.ts";
import { connectUnix } from "#lib/unix-socket.ts";

export interface GuestClient {
  /** Throws BottleError: `failed` with the guest agent's message, `unavailable` when the connection ends. */
  request(request: Action): Promise<Fields>;
  /** Resolves with the answer; `event` is called from right after it on. */
  subscribe(output: boolean, event: (event: ShellEvent) => void): Promise<Fields>;
  /** Stops reading until `resume`: the guest agent then drops output and sends one reset. */
  pause(): void;
  resume(): void;
  readonly closed: Promise<void>;
  close(): void;
}

type Action = DistributiveOmit<z.input<typeof GuestRequest>, "id">;
type DistributiveOmit<Type, Key extends PropertyKey> = Type extends unknown ? Omit<Type, Key> : never;
export type Fields = Readonly<Record<string, unknown>>;

const Message = z.union([z.strictObject({ id: z.int(), event: ShellEvent }), GuestResponse]);
const MESSAGE_LIMIT = 16 * 1_048_576;

/** Rejects with the kernel's error when nobody listens. */
export async function connectGuest(path: string): Promise<GuestClient> {
  const socket = await connectUnix(path);
  const waiting = new Map<number, { resolve(fields: Fields): void; reject(error: Error): void }>();
  const listeners = new Map<number, (event: ShellEvent) => void>();
  const closed = Promise.withResolvers<void>();
  let next = 1;

  const answered = (response: z.infer<typeof GuestResponse>): void => {
    const asked = typeof response.id === "number" ? waiting.get(response.id) : undefined;
    if (asked === undefined) return;
    waiting.delete(response.id as number);
    if (response.ok) asked.resolve(response);
    else
      asked.reject(
        new BottleError("failed", (response as { error: { message: string } }).error.message, {
          where: "the bottle",
        }),
      );
  };
  const gone = (): void => {
    for (const { reject } of waiting.values())
      reject(new BottleError("unavailable", "the bottle ended", { where: path }));
    waiting.clear();
    closed.resolve();
  };
  const connection = jsonSocket<typeof Message, z.input<typeof GuestRequest>>(
    socket,
    Message,
    {
      message: (message) =>
        "event" in message && !("ok" in message) ? listeners.get(message.id)?.(message.event) : answered(message),
      bad: () => socket.destroy(),
      closed: gone,
    },
    MESSAGE_LIMIT,
  );
  const send = (id: number, action: Action): Promise<Fields> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new BottleError("unavailable", "the bottle ended", { where: path }));
      waiting.set(id, { resolve, reject });
      connection.send({ id, ...action });
    });
  return {
    request: (action) => send(next++, action),
    subscribe(output, event) {
      const id = next++;
      listeners.set(id, event);
      return send(id, { action: "subscribe_shell", shell: "agent", output });
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    closed: closed.promise,
    close: () => socket.destroy(),
  };
}
