// One run of `git http-backend`: a request's body in, its answer out, both streamed with back pressure, and no process left.

import { spawn, type ChildProcess } from "node:child_process";
import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";

import { openLock } from "../git/lock.ts";
import { gitWithLimit } from "../git/memory-limit.ts";
import { keepTrack, killGroup } from "../git/process-groups.ts";
import { readCgiHead, type CgiHead } from "./cgi-head.ts";
import type { HttpAsk } from "./http-request.ts";
import type { Served, ServedRepo } from "./served-repos.ts";

export type GitAsk = Exclude<HttpAsk, { kind: "refuse" }>;

export interface BackendRun {
  /** What is fed to it; nothing for a GET. Already plain and bounded. */
  readonly body: Readable | undefined;
  readonly response: ServerResponse;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}

const MOST_COMPLAINT = 4096;

/** Resolves when it is over, with what it complained of. */
export async function runHttpBackend(ask: GitAsk, served: Served, of: ServedRepo, run: BackendRun): Promise<string> {
  const pushes = ask.kind === "rpc" && ask.service === "git-receive-pack";
  const lock = pushes ? openLock(served.paths.lock(ask.repo)) : undefined;
  const command = gitWithLimit(["http-backend"]);
  let child: ChildProcess;
  try {
    child = spawn(command.file, command.args, {
      env: { ...cgiEnvironment(ask, served), ...(pushes ? of.hookEnv : {}) },
      cwd: served.paths.home,
      stdio: [run.body === undefined ? "ignore" : "pipe", "pipe", "pipe", ...(lock ? [lock.descriptor] : [])],
      detached: true,
    });
  } finally {
    lock?.release();
  }
  keepTrack(child);
  return converse(child, ask, run);
}

function cgiEnvironment(ask: GitAsk, { env, paths }: Served): Record<string, string> {
  const what = ask.kind === "advertise" ? "info/refs" : ask.service;
  return {
    ...env,
    GIT_PROJECT_ROOT: paths.dir,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${ask.repo}.git/${what}`,
    REMOTE_ADDR: "127.0.0.1",
    ...(ask.protocol === undefined ? {} : { GIT_PROTOCOL: ask.protocol }),
    ...(ask.kind === "advertise"
      ? { REQUEST_METHOD: "GET", QUERY_STRING: `service=${ask.service}` }
      : { REQUEST_METHOD: "POST", QUERY_STRING: "", CONTENT_TYPE: `application/x-${ask.service}-request` }),
    ...(ask.kind === "rpc" && ask.length !== undefined && !ask.gzip ? { CONTENT_LENGTH: String(ask.length) } : {}),
  };
}

function converse(child: ChildProcess, ask: GitAsk, { body, response, signal }: BackendRun): Promise<string> {
  let complaint = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    if (complaint.length < MOST_COMPLAINT) complaint += chunk.toString("utf8");
  });
  const abort = (): void => killGroup(child, "SIGTERM");
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  if (body !== undefined) feed(body, child);
  const unsent = answer(child, response);
  return new Promise((resolve) => {
    child.once("error", (error) => (complaint += error.message));
    child.once("close", (code) => {
      signal.removeEventListener("abort", abort);
      if (!signal.aborted) finish(response, ask, code === 0, unsent());
      resolve(complaint.trim());
    });
  });
}

/** An answer that git did not bring to its end is cut off: one that only seems whole leaves the client waiting for ever. */
function finish(response: ServerResponse, { service }: GitAsk, whole: boolean, unsent: CgiHead | undefined): void {
  if (response.destroyed) return;
  if (unsent !== undefined && whole && !response.headersSent) begin(response, unsent);
  if (!response.headersSent) {
    response.writeHead(500, { "content-type": "text/plain" }).end(`git could not serve ${service}\n`);
  } else if (whole) response.end();
  else response.socket?.destroySoon();
}

/** It may stop reading before the end: the rest is then not sent, and its answer says why. */
function feed(body: Readable, child: ChildProcess): void {
  const stdin = child.stdin!;
  stdin.on("error", () => {
    body.unpipe(stdin);
    body.resume();
  });
  body.pipe(stdin);
}

/**
 * http-backend writes its head before it has read anything. The head goes out with the first byte of the answer proper: until
 * then the request may still be refused. Returns what a program that ended without any leaves to be sent.
 */
function answer(child: ChildProcess, response: ServerResponse): () => CgiHead | undefined {
  const stdout = child.stdout!;
  let soFar = Buffer.alloc(0);
  let unsent: CgiHead | undefined;
  const onData = (chunk: Buffer): void => {
    soFar = Buffer.concat([soFar, chunk]);
    const reading = readCgiHead(soFar);
    if (reading.kind === "more") return;
    unsent = reading.kind === "head" ? reading.head : undefined;
    if (reading.kind === "head" && reading.rest.length === 0) return;
    stdout.off("data", onData);
    unsent = undefined;
    if (reading.kind === "bad") killGroup(child, "SIGTERM");
    if (reading.kind === "bad" || response.headersSent) {
      stdout.resume(); // no answer, or the request was refused meanwhile
      return;
    }
    begin(response, reading.head);
    response.write(reading.rest);
    stdout.pipe(response, { end: false });
  };
  stdout.on("data", onData);
  // Nobody reads the answer any more. A push whose pack has come whole goes on, and must not hang on its output.
  response.once("close", () => {
    stdout.unpipe(response);
    stdout.resume();
  });
  return () => unsent;
}

function begin(response: ServerResponse, { status, headers }: CgiHead): void {
  for (const [name, value] of headers) response.appendHeader(name, value);
  response.writeHead(status);
}
