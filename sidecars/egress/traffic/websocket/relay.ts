// WebSocket messages between a client and a server, each looked at before it goes on, in order and with back-pressure.
// What are no frames, what is compressed and what is too large ends the connection.

import type { Socket } from "node:net";

import type { ExchangeInspection } from "../../inspection/inspection.ts";
import type { Refusal } from "../../policy/refusal.ts";
import { closeCodeOf, type FrameLibrary } from "./frames.ts";
import { type Frame, Side } from "./side.ts";

export interface RelayEvents {
  readonly inspect: ExchangeInspection["message"];
  /** Bytes on the wire. */
  readonly moved: (up: number, down: number) => void;
  /** A message was refused; the connection is being closed. */
  readonly refused: (refusal: Refusal) => void;
  /** What was no frame, or too much, ended it. */
  readonly closed: (why: string) => void;
}

export interface Relay {
  /** Says so to both sides, and closes. */
  close(code: number, reason: string): void;
}

/** For the answer to a close frame, and for the ends of the connections after it. */
const CLOSE_MS = 5000;
/** After its end, when a message of it is still looked at. */
const LEFT_MS = 250;
/** Read on while a message is under way, so that an end is noticed; then the socket must wait. */
const MOST_WAITING = 256 * 1024;
const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;
const POLICY = 1008;
const TRY_AGAIN_LATER = 1013;

export function relay(client: Socket, server: Socket, frames: FrameLibrary, events: RelayEvents): Relay {
  return new WebSocketRelay(client, server, frames, events);
}

class WebSocketRelay implements Relay {
  readonly #client: Side;
  readonly #server: Side;
  readonly #events: RelayEvents;
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Socket, server: Socket, frames: FrameLibrary, events: RelayEvents) {
    this.#events = events;
    this.#client = new Side("client", client, frames);
    this.#server = new Side("server", server, frames);
    for (const side of [this.#client, this.#server]) this.#listen(side);
  }

  close(code: number, reason: string): void {
    this.#end({ client: code, server: code === POLICY ? GOING_AWAY : code }, reason);
  }

  #listen(from: Side): void {
    const { socket, receiver } = from;
    const enqueue = (frame: Frame): void => {
      from.queue.push(frame);
      if (!from.working) void this.#work(from);
    };
    receiver.on("message", (data, isBinary) => {
      from.clearPending();
      enqueue({ kind: "message", data, isBinary });
    });
    receiver.on("ping", (data) => enqueue({ kind: "ping", data }));
    receiver.on("pong", (data) => enqueue({ kind: "pong", data }));
    receiver.on("conclude", (code, data) => {
      from.done = true;
      enqueue({ kind: "close", code, data });
    });
    receiver.on("error", (error) => this.#broken(from, error));
    socket.on("data", (chunk: Buffer) => {
      if (from.name === "client") this.#events.moved(chunk.length, 0);
      else this.#events.moved(0, chunk.length);
      if (from.working && (from.waiting += chunk.length) > MOST_WAITING) socket.pause();
      if (!this.#over && !from.done) this.#read(from, chunk);
    });
    socket.once("end", () => {
      if (!from.done) enqueue({ kind: "lost" });
      from.done = true;
      // Nobody is left to wait for the operator's answer.
      const timer = setTimeout(() => {
        if (from.inspecting) socket.destroy();
      }, LEFT_MS).unref();
      socket.once("close", () => clearTimeout(timer));
    });
    socket.on("error", () => {}); // `close` follows
    socket.once("close", () => {
      clearTimeout(this.#timer);
      from.clearPending();
      // Whoever is left is told nothing that was not said: to it the connection is lost as well.
      if (!this.#over) this.#otherOf(from).socket.destroy();
    });
  }

  #read(from: Side, chunk: Buffer): void {
    if (from.addPending(chunk.length)) return void from.receiver.write(chunk);
    const why = "too much of unfinished messages waits in the proxy";
    this.#events.closed(why);
    this.#end({ client: TRY_AGAIN_LATER, server: GOING_AWAY }, why);
  }

  async #work(from: Side): Promise<void> {
    from.working = true;
    try {
      for (let frame = from.queue.shift(); frame !== undefined && !this.#over; frame = from.queue.shift())
        await this.#pass(from, this.#otherOf(from), frame);
    } catch (error) {
      this.#end(
        { client: INTERNAL_ERROR, server: GOING_AWAY },
        `the proxy failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    from.working = false;
    from.waiting = 0;
    from.socket.resume();
  }

  async #pass(from: Side, to: Side, frame: Frame): Promise<void> {
    if (frame.kind === "lost") {
      this.#over = true;
      from.socket.destroy();
      return void to.socket.destroy();
    }
    let { data } = frame;
    if (data.length > 0) {
      const isBinary = frame.kind === "message" ? frame.isBinary : frame.kind !== "close";
      const direction = from.name === "client" ? "outbound" : "inbound";
      from.inspecting = true;
      const verdict = await this.#events.inspect(direction, data, isBinary);
      from.inspecting = false;
      if (this.#over) return;
      if (!verdict.ok) return this.#refuse(verdict.refusal);
      data = verdict.data;
    }
    if (frame.kind !== "close") to.write(frame, data);
    else if (this.#closing(to, frame.code, data)) return;
    await to.drained();
  }

  /** True when both sides have said that they close. */
  #closing(to: Side, code: number, reason: Buffer): boolean {
    to.writeClose(code, reason);
    if (!(this.#client.closed && this.#server.closed)) {
      this.#timer ??= setTimeout(() => this.#destroy(), CLOSE_MS).unref();
      return false;
    }
    this.#finish();
    return true;
  }

  #refuse(refusal: Refusal): void {
    this.#end({ client: POLICY, server: GOING_AWAY }, `${refusal.code}: ${refusal.rule}`);
    this.#events.refused(refusal);
  }

  #broken(from: Side, error: Error & { code?: string }): void {
    const code = closeCodeOf(error);
    if (!this.#over) this.#events.closed(`the ${from.name}'s frames are bad: ${error.message}`);
    if (from.name === "client") this.#end({ client: code, server: GOING_AWAY }, error.message);
    else this.#end({ client: INTERNAL_ERROR, server: code }, `the server's frames are bad: ${error.message}`);
  }

  #end(codes: { client: number; server: number }, reason: string): void {
    if (this.#over) return;
    const said = shortened(reason);
    this.#client.writeClose(codes.client, said);
    this.#server.writeClose(codes.server, said);
    this.#finish();
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    for (const { socket } of [this.#client, this.#server]) {
      socket.end();
      socket.resume();
      const timer = setTimeout(() => socket.destroy(), CLOSE_MS).unref();
      socket.once("close", () => clearTimeout(timer));
    }
  }

  #destroy(): void {
    this.#over = true;
    this.#client.socket.destroy();
    this.#server.socket.destroy();
  }

  #otherOf(side: Side): Side {
    return side === this.#client ? this.#server : this.#client;
  }
}

/** A close frame has 123 bytes for it. */
function shortened(reason: string): string {
  return reason.replaceAll(/[^ -~]/g, "?").slice(0, 120);
}
