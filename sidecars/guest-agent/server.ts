// The guest-agent protocol on a unix socket: the shell actions, for any number of connections.

import { createServer, type Server, type Socket } from "node:net";

import { GuestRequest, type GuestResponse, type ShellEvent } from "#domain/guest-agent/protocol.ts";
import { jsonSocket } from "#lib/json-socket.ts";

import { closeShell, signalAgent } from "./close-shell.ts";
import type { Scrollback } from "./scrollback-file.ts";
import type { Shell } from "./shell.ts";
import type { Subscription } from "#lib/screen/subscribers.ts";

type Id = GuestRequest["id"];
type Message = GuestResponse | { id: Id; event: ShellEvent };
type Fields = Record<string, unknown>;

export interface Served {
  readonly shell: Shell;
  readonly scrollback: Scrollback;
  /** Processor share of one core, and resident bytes, of the whole bottle. */
  usage(): { cpu: number; memory: number };
}

export interface ShellServer {
  readonly server: Server;
  /** Ends all connections when their last words are out, at most after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const SHELL = "agent";
const READ_LIMIT = 65_536;

export function shellServer(served: Served): ShellServer {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    serve(served, socket);
  });
  return {
    server,
    async close(graceMs) {
      server.close();
      const ends = [...open].map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())));
      for (const socket of open) {
        socket.end();
        socket.resume(); // what still comes in is read away, or the end would never be seen
        setTimeout(() => socket.destroy(), graceMs).unref();
      }
      await Promise.all(ends);
    },
  };
}

class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function serve(served: Served, socket: Socket): void {
  const subscriptions = new Map<Id, Subscription>();
  const connection = jsonSocket<typeof GuestRequest, Message>(socket, GuestRequest, {
    message: (request) => void answer(request),
    bad: (reason) => connection.send({ id: null, ok: false, error: { code: "bad_request", message: reason } }),
    closed() {
      for (const subscription of subscriptions.values()) subscription.end();
    },
  });
  socket.on("drain", () => {
    for (const subscription of subscriptions.values()) subscription.drained();
  });

  const answer = async (request: GuestRequest): Promise<void> => {
    const { id } = request;
    try {
      if ("shell" in request && request.shell !== SHELL)
        throw new Refused("not_found", `there is no shell ${request.shell}`);
      const result = act(request);
      connection.send({ id, ok: true, ...(result instanceof Promise ? await result : result) });
    } catch (error) {
      const code = error instanceof Refused ? error.code : "failed";
      connection.send({
        id,
        ok: false,
        error: { code, message: error instanceof Error ? error.message : String(error) },
      });
    }
  };
  const act = (request: GuestRequest): Fields | Promise<Fields> => {
    if (request.action === "subscribe_shell") return subscribe(request.id, request.output);
    if (request.action !== "unsubscribe_shell") return actOnShell(served, request);
    subscriptions.get(request.subscription)?.end();
    subscriptions.delete(request.subscription);
    return {};
  };
  const subscribe = (id: Id, output: boolean): Fields => {
    if (subscriptions.has(id)) throw new Refused("conflict", `subscription ${id} exists`);
    const { shell } = served;
    const outlet = {
      send: (event: ShellEvent) => void connection.send({ id, event }),
      queued: () => socket.writableLength,
    };
    // The answer is written before any event can be: both leave in the same turn, in this order.
    const { cols, rows } = shell.screen;
    const screen = output ? shell.screen.state() : { snapshot: "", cols, rows, cursor: 0 };
    subscriptions.set(id, shell.screen.subscribers.add(outlet, output));
    return {
      ...screen,
      activity: shell.activity,
      read: shell.read,
      read_since: shell.readSince().toISOString(),
      last_line: shell.screen.lastLine(),
      started_at: shell.startedAt.toISOString(),
    };
  };
}

type ShellRequest = Exclude<GuestRequest, { action: "subscribe_shell" | "unsubscribe_shell" }>;

function actOnShell({ shell, scrollback, usage }: Served, request: ShellRequest): Fields | Promise<Fields> {
  switch (request.action) {
    case "status_shell":
      return {
        pid: shell.sandboxPid,
        cols: shell.screen.cols,
        rows: shell.screen.rows,
        started_at: shell.startedAt.toISOString(),
        activity: shell.activity,
        read: shell.read,
        read_since: shell.readSince().toISOString(),
        exit: shell.exit,
        ...usage(),
      };
    case "view_shell":
      return { ...shell.screen.view() };
    case "read_shell":
      return scrollback.read(request.cursor, READ_LIMIT);
    case "write_shell":
      if (shell.exit !== null) throw new Refused("exited", "the agent has ended");
      if (!shell.write(request.data))
        throw new Refused("busy", "the agent does not read its terminal; nothing was written");
      return {};
    case "resize_shell":
      shell.resize(request.cols, request.rows);
      return {};
    case "signal_shell":
      if (!signalAgent(shell, request.signal)) throw new Refused("exited", "the agent does not run");
      return {};
    case "close_shell":
      return closeShell(shell).then((exit) => ({ exit }));
  }
}
