// A client that asks for a WebSocket: until the server agrees it is one like any other, and gets any other answer like one.

import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";

import type { ClientSide, Switching } from "../client-side.ts";
import { Http1Client } from "../http1/client.ts";
import type { OpenTunnels } from "../tunnels/open-tunnels.ts";
import { type FrameLibrary, loadFrames } from "./frames.ts";
import { clientHeaders, type Handshake, switchingHead } from "./handshake.ts";
import { type Relay, relay } from "./relay.ts";

const POLICY = 1008;
const GOING_AWAY = 1001;
const CLOSE_MS = 2000;

export class WebSocketClient implements ClientSide {
  readonly protocol = "http/1.1";
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body = undefined;
  readonly length = undefined;
  readonly expectsContinue = false;
  readonly finished = false;
  readonly webSocket: { readonly protocols: readonly string[]; readonly switched: (switching: Switching) => void };
  readonly #socket: Socket;
  readonly #handshake: Handshake;
  readonly #place: WebSocketPlace;
  readonly #before: Http1Client;
  #relay: Relay | undefined;
  #switched = false;
  /** The handshake is over: called once. */
  #opening = (): void => {};

  constructor(incoming: IncomingMessage, socket: Socket, handshake: Handshake, place: WebSocketPlace) {
    this.#socket = socket;
    this.#handshake = handshake;
    this.#place = place;
    this.method = incoming.method ?? "";
    this.target = incoming.url ?? "";
    this.rawHeaders = clientHeaders(incoming.rawHeaders);
    this.#before = new Http1Client(incoming, answerOn(socket, incoming));
    this.webSocket = { protocols: handshake.protocols, switched: (switching) => void this.#switch(switching) };
    const { underWay } = place;
    if (underWay !== undefined) this.#opening = underWay();
    socket.once("close", () => this.#opening());
    // Nothing may come before the answer; read all the same, so that a client that leaves is noticed.
    socket.on("data", this.#early).on("end", this.#early);
  }

  get status(): number {
    return this.#switched ? 101 : this.#before.status;
  }
  get gone(): boolean {
    return this.#socket.destroyed;
  }
  get sink(): Writable {
    return this.#before.sink;
  }
  onClose(listener: () => void): void {
    this.#socket.once("close", listener);
  }
  head(status: number, headers: readonly string[]): void {
    this.#before.head(status, headers);
  }
  trailers(rawTrailers: readonly string[]): void {
    this.#before.trailers(rawTrailers);
  }
  answer(status: number, headers: readonly string[], body: string): void {
    this.#before.answer(status, headers, body, true);
  }
  cut(): void {
    if (this.#relay === undefined) this.#socket.destroy();
    else this.#relay.close(POLICY, "ended by the egress policy");
  }

  /** What it still sends after an answer other than 101 is thrown away. */
  readonly #early = (): void => {
    if (this.#before.status === 0) this.#socket.destroy();
  };

  async #switch({ server, headers, ...events }: Switching): Promise<void> {
    const socket = this.#socket;
    const frames = await loadFrames().catch(() => undefined);
    if (frames === undefined || socket.destroyed || server.socket.destroyed) {
      server.socket.destroy();
      return void socket.destroy();
    }
    socket.off("data", this.#early).off("end", this.#early);
    this.#switched = true;
    this.#opening();
    this.#opening = () => {};
    socket.write(switchingHead(this.#handshake, headers), "latin1");
    if (server.head.length > 0) server.socket.unshift(server.head);
    this.#enter(server.socket, frames, events);
  }

  #enter(server: Socket, frames: FrameLibrary, events: Omit<Switching, "server" | "headers">): void {
    const socket = this.#socket;
    const { tunnels, underWay } = this.#place;
    let touch = (): void => {};
    const moved = (up: number, down: number): void => {
      touch();
      underWay?.()();
      events.moved(up, down);
    };
    const opened = relay(socket, server, frames, { ...events, moved });
    this.#relay = opened;
    const room = tunnels.enter({
      key: this,
      counts: underWay === undefined,
      endsIdle: true,
      close: (why) => {
        events.closed(why);
        opened.close(GOING_AWAY, why);
      },
    });
    if (!("leave" in room)) return events.refused(room);
    touch = room.touch;
    socket.once("close", room.leave);
  }
}

export interface WebSocketPlace {
  readonly tunnels: OpenTunnels;
  /** Of the tunnel that it is in, which counts already: called when something begins in it, its result when that is over. */
  readonly underWay: (() => () => void) | undefined;
}

/** For answers that are no 101: the connection ends with them. */
function answerOn(socket: Socket, incoming: IncomingMessage): ServerResponse {
  const response = new ServerResponse(incoming);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once("finish", () => {
    response.detachSocket(socket);
    socket.end();
    const timer = setTimeout(() => socket.destroy(), CLOSE_MS).unref();
    socket.once("close", () => clearTimeout(timer));
  });
  return response;
}
