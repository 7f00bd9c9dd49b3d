// The git protocol for one bottle: as `git daemon --inetd`, a connection is one run of upload-pack or receive-pack.

import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import { Transform } from "node:stream";

import { openLock } from "../git/lock.ts";
import { gitWithLimit } from "../git/memory-limit.ts";
import { keepTrack, killGroup } from "../git/process-groups.ts";
import { watchCommandSection } from "./command-section.ts";
import { readDaemonRequest, type DaemonReading } from "./daemon-request.ts";
import { errorLine } from "./pkt-line.ts";
import { whyNotFresh, type Served, type ServedRepo } from "./served-repos.ts";

type DaemonAsk = Extract<DaemonReading, { kind: "ask" }>;

export interface DaemonTimes {
  /** For the first line, and then between bytes of a reader. */
  readonly initMs: number;
  /** A pusher packs what it sends first, without a word. */
  readonly pushIdleMs: number;
}

const MOST_CONNECTIONS = 64;
const TIMES: DaemonTimes = { initMs: 15_000, pushIdleMs: 120_000 };

export function createDaemonServer(served: Served, times: DaemonTimes = TIMES): Server {
  const names = new Set(served.repos.keys());
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    listenForRequest(socket, names, times, (ask) => {
      serve(socket, ask, served, times).catch((error: unknown) => {
        served.say(`${ask.repo}: ${error instanceof Error ? error.message : String(error)}`);
        refuse(socket, "failed; the operator's log of git-gate says why");
      });
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** All of the first line must have come in time, however it drips. */
function listenForRequest(
  socket: Socket,
  names: ReadonlySet<string>,
  { initMs }: DaemonTimes,
  asked: (ask: DaemonAsk) => void,
): void {
  let soFar = Buffer.alloc(0);
  const patience = setTimeout(() => socket.destroy(), initMs);
  socket.once("close", () => clearTimeout(patience));
  const onEnd = (): void => void socket.destroy();
  const onData = (chunk: Buffer): void => {
    soFar = Buffer.concat([soFar, chunk]);
    const reading = readDaemonRequest(soFar, names);
    if (reading.kind === "more") return;
    clearTimeout(patience);
    socket.off("data", onData).off("end", onEnd).pause();
    if (reading.kind === "refuse") return refuse(socket, reading.message);
    if (reading.rest.length > 0) socket.unshift(reading.rest);
    asked(reading);
  };
  socket.on("data", onData).once("end", onEnd);
}

async function serve(socket: Socket, ask: DaemonAsk, served: Served, times: DaemonTimes): Promise<void> {
  const of = served.repos.get(ask.repo)!;
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  const stale = await whyNotFresh(of, served.say);
  if (stale !== undefined) return refuse(socket, stale);
  const pushes = ask.service === "git-receive-pack";
  const giveBack = await (pushes ? served.pushers : served.readers).take(gone.signal);
  if (giveBack === undefined) return refuse(socket, "too many ask at once; try again");
  try {
    if (gone.signal.aborted) return;
    await converse(socket, start(ask, served, of), ask, { served, gone: gone.signal, times });
  } finally {
    giveBack();
  }
}

function start(ask: DaemonAsk, { env, paths }: Served, { hookEnv }: ServedRepo): ChildProcess {
  const pushes = ask.service === "git-receive-pack";
  const lock = pushes ? openLock(paths.lock(ask.repo)) : undefined;
  try {
    const command = gitWithLimit([
      ask.service.slice("git-".length),
      ...(pushes ? [] : ["--strict"]),
      paths.mirror(ask.repo),
    ]);
    const child = spawn(command.file, command.args, {
      env: { ...env, ...(ask.protocol ? { GIT_PROTOCOL: ask.protocol } : {}), ...(pushes ? hookEnv : {}) },
      cwd: paths.home,
      stdio: ["pipe", "pipe", "pipe", ...(lock ? [lock.descriptor] : [])],
      detached: true,
    });
    keepTrack(child);
    return child;
  } finally {
    lock?.release();
  }
}

interface Conversation {
  readonly served: Served;
  readonly gone: AbortSignal;
  readonly times: DaemonTimes;
}

function converse(socket: Socket, child: ChildProcess, ask: DaemonAsk, about: Conversation): Promise<void> {
  const { served, gone, times } = about;
  const end = (): void => killGroup(child, "SIGTERM");
  socket.setTimeout(ask.service === "git-receive-pack" ? times.pushIdleMs : times.initMs, () => socket.destroy());
  gone.addEventListener("abort", end, { once: true });
  let complaint = "";
  child.stderr!.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString("utf8")).slice(0, 4096)));
  const stdin = child.stdin!;
  stdin.on("error", () => socket.unpipe().resume());
  socket.pipe(boundedInput(ask, (why) => refuse(socket, why))).pipe(stdin);
  child.stdout!.pipe(socket);
  return new Promise((resolve) => {
    child.once("error", (error) => (complaint += error.message));
    child.once("close", (code) => {
      gone.removeEventListener("abort", end);
      socket.end();
      socket.resume();
      if (code !== 0 && !gone.aborted && complaint !== "")
        served.say(`${ask.repo}: ${ask.service}: ${complaint.trim()}`);
      resolve();
    });
  });
}

function boundedInput({ service }: DaemonAsk, refused: (why: string) => void): Transform {
  const section = service === "git-receive-pack" ? watchCommandSection() : undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const wrong = section?.push(chunk);
      if (wrong === undefined) return done(null, chunk);
      refused(wrong);
      return done();
    },
  });
}

function refuse(socket: Socket, why: string): void {
  if (socket.destroyed) return;
  socket.end(errorLine(why));
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), 1000);
  socket.once("close", () => clearTimeout(cut));
}
