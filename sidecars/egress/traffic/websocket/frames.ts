// The library's reader and writer of WebSocket frames, as far as the proxy uses them; loaded with the first WebSocket.

import type { Socket } from "node:net";
import type { Writable } from "node:stream";

/** Emits `message` (data, isBinary), `ping` and `pong` (data), `conclude` (code, reason) and, for what are no frames, `error`. */
export interface Receiver extends Writable {
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): this;
  on(event: "ping" | "pong", listener: (data: Buffer) => void): this;
  on(event: "conclude", listener: (code: number, reason: Buffer) => void): this;
  on(event: "error", listener: (error: Error & { code?: string }) => void): this;
  on(event: string, listener: (...args: never[]) => void): this;
}

export interface Sender {
  send(data: Buffer, options: { binary: boolean; fin: true; mask: boolean; compress: false }): void;
  ping(data: Buffer, mask: boolean): void;
  pong(data: Buffer, mask: boolean): void;
  close(code: number | undefined, reason: Buffer | string, mask: boolean): void;
}

export interface FrameLibrary {
  readonly Receiver: new (options: {
    /** The other side is a client, whose frames are masked. */
    isServer: boolean;
    maxPayload: number;
    maxFragments: number;
  }) => Receiver;
  readonly Sender: new (socket: Socket) => Sender;
}

let loading: Promise<FrameLibrary> | undefined;

export function loadFrames(): Promise<FrameLibrary> {
  // Its types do not know these two, which are among its documented exports.
  loading ??= import("ws") as Promise<unknown> as Promise<FrameLibrary>;
  return loading;
}

/** No code, as in a close frame without one. */
export const NO_CODE = 1005;

/** The code to close with after bytes that are no frames. */
export function closeCodeOf({ code }: { code?: string }): number {
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" || code === "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH") return 1009;
  if (code === "WS_ERR_TOO_MANY_BUFFERED_PARTS") return 1008;
  return code === "WS_ERR_INVALID_UTF8" ? 1007 : 1002;
}
