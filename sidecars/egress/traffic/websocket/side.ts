// One side of a WebSocket: its frames are read here, and those of the other side are written here.

import type { Socket } from "node:net";

import { type FrameLibrary, NO_CODE, type Receiver, type Sender } from "./frames.ts";

export type Frame =
  | { readonly kind: "message"; readonly data: Buffer; readonly isBinary: boolean }
  | { readonly kind: "ping" | "pong"; readonly data: Buffer }
  | { readonly kind: "close"; readonly code: number; readonly data: Buffer }
  /** The connection ended without a close frame. */
  | { readonly kind: "lost" };

const LARGEST_MESSAGE = 16 * 1024 * 1024;
const MOST_FRAGMENTS = 16_384;
/** Of messages that have begun and not ended, in all WebSockets together: many half messages must not fill the memory. */
const MOST_PENDING = 128 * 1024 * 1024;

let pendingOfAll = 0;

export class Side {
  readonly name: "client" | "server";
  readonly socket: Socket;
  readonly receiver: Receiver;
  readonly sender: Sender;
  readonly queue: Frame[] = [];
  working = false;
  /** A message of this side is being looked at; the operator may be asked about it. */
  inspecting = false;
  /** Bytes that came while another message was under way. */
  waiting = 0;
  /** Bytes since the last whole message. */
  #pending = 0;
  /** A close frame was written. */
  closed = false;
  /** A close frame, or the end, was read. */
  done = false;

  constructor(name: "client" | "server", socket: Socket, { Receiver, Sender }: FrameLibrary) {
    this.name = name;
    this.socket = socket;
    const isServer = name === "client";
    this.receiver = new Receiver({ isServer, maxPayload: LARGEST_MESSAGE, maxFragments: MOST_FRAGMENTS });
    this.sender = new Sender(socket);
  }

  /** Frames to a server are masked, frames to a client are not. */
  get masks(): boolean {
    return this.name === "server";
  }

  /** False when that is too much, with what others have. */
  addPending(bytes: number): boolean {
    this.#pending += bytes;
    pendingOfAll += bytes;
    return pendingOfAll <= MOST_PENDING;
  }

  clearPending(): void {
    this.addPending(-this.#pending);
  }

  writeClose(code: number, reason: Buffer | string): void {
    if (this.closed || !this.socket.writable) return;
    this.closed = true;
    this.sender.close(code === NO_CODE ? undefined : code, code === NO_CODE ? "" : reason, this.masks);
  }

  write(frame: Extract<Frame, { kind: "message" | "ping" | "pong" }>, data: Buffer): void {
    if (this.closed || !this.socket.writable) return;
    if (frame.kind !== "message") return this.sender[frame.kind](data, this.masks);
    this.sender.send(data, { binary: frame.isBinary, fin: true, mask: this.masks, compress: false });
  }

  /** Until what was written is mostly gone, or can never be. */
  async drained(): Promise<void> {
    const { socket } = this;
    if (!socket.writableNeedDrain || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        socket.off("drain", settle).off("close", settle);
        resolve();
      };
      socket.on("drain", settle).on("close", settle);
    });
  }
}
