// The entrypoint's end of the boot conversation with the launcher.

import { BootOrder, type BootReport } from "#domain/boot/protocol.ts";
import { jsonSocket } from "#lib/json-socket.ts";
import { connectUnix } from "#lib/unix-socket.ts";

export interface BootClient {
  report(message: BootReport): void;
  /** Null when the launcher left, or said something else, before it gave the order. */
  readonly order: Promise<BootOrder | null>;
  close(): Promise<void>;
}

const ORDER_LIMIT = 16 * 1_048_576;

export async function connectBoot(path: string): Promise<BootClient> {
  const order = Promise.withResolvers<BootOrder | null>();
  const connection = jsonSocket<typeof BootOrder, BootReport>(
    await connectUnix(path),
    BootOrder,
    { message: order.resolve, bad: () => order.resolve(null), closed: () => order.resolve(null) },
    ORDER_LIMIT,
  );
  return {
    report: (message) => void connection.send(message),
    order: order.promise,
    close: () => new Promise((resolve) => connection.socket.end(resolve)),
  };
}
