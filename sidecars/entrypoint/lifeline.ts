// Holds the sidecars' lifeline for as long as this process lives: its end, however it comes, closes the connection.

import { connect } from "node:net";

import type { BootTries } from "#domain/boot/protocol.ts";

import { tryUntil } from "./try-until.ts";

const AGAIN_MS = 1000;

type Address = NonNullable<BootTries["lifeline"]>;

/** Rejects when it cannot be had for so long. One that is lost later, by a restart of the sidecars, is taken up again. */
export async function holdLifeline(at: Address, patienceMs: number): Promise<void> {
  await tryUntil(patienceMs, () => take(at));
}

function take(at: Address): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const socket = connect(at);
    socket.once("connect", resolve);
    socket.on("error", (cause) =>
      reject(new Error(`the sidecars' lifeline at ${at.host}:${at.port}: ${cause.message}`, { cause })),
    );
    socket.once("connect", () => {
      socket.setKeepAlive(true, AGAIN_MS);
      socket.once("close", () => setTimeout(() => again(at), AGAIN_MS).unref());
      socket.unref();
    });
    socket.resume();
  });
}

function again(at: Address): void {
  take(at).catch(() => setTimeout(() => again(at), AGAIN_MS).unref());
}
