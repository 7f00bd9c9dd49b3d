// Whether anybody tells what a name outside leads to: whoever answers has asked, and questions carry secrets out.

import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { connect, isIPv6 } from "node:net";

import { nothingOf, type Finding } from "./attempt.ts";
import { gatewaysOf, isNeighbour } from "./bottle-network.ts";

const NAME = "example.com";
/** Reserved for documentation. */
const SERVER_OUTSIDE = "192.0.2.53";
const ANSWER_MS = 500;

/** Asks the system's resolver, and each of `servers` by UDP and TCP. */
export async function noNames(servers: readonly string[], patienceMs: number): Promise<Finding> {
  const asked = [SERVER_OUTSIDE, ...servers];
  const found = await Promise.all([
    answers(within(lookup(NAME), patienceMs), "the system's resolver"),
    ...asked.flatMap((server) => {
      const byUdp = askByUdp(server);
      const byTcp = byUdp.sent.then(() => askByTcp(server, () => byUdp.giveUp()));
      return [answers(byUdp.answered, `${server} by UDP`), answers(byTcp, `${server} by TCP`)];
    }),
  ]);
  return nothingOf(
    found.flat(),
    `${NAME}: no answer from the system's resolver, nor from ${asked.join(", ")} by UDP or TCP`,
    "answered",
  );
}

async function answers(question: Promise<unknown>, who: string): Promise<string[]> {
  return question.then(
    () => [who],
    () => [],
  );
}

interface Asked {
  /** Rejects when none came, or nobody is there. */
  readonly answered: Promise<void>;
  /** The datagram is on its way, or there is no way. */
  readonly sent: Promise<void>;
  giveUp(): void;
}

/** An answer counts when it has an address. Connected, so that the kernel says at once that there is no way. */
function askByUdp(server: string): Asked {
  const [answered, sent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const socket = createSocket(isIPv6(server) ? "udp6" : "udp4");
  let over = false;
  const close = (): void => {
    if (!over) socket.close();
    over = true;
  };
  const timer = setTimeout(close, ANSWER_MS);
  socket.on("message", (answer) => {
    if (countAnswers(withLength(answer)) > 0) answered.resolve();
    close();
  });
  socket.on("error", close);
  socket.once("close", () => {
    clearTimeout(timer);
    sent.resolve();
    answered.reject(new Error("no answer"));
  });
  // Without a network the kernel says so here; what is not connected cannot be sent on.
  socket.connect(53, server, (error?: Error) => {
    if (error !== undefined && error !== null) close();
    else if (!over) socket.send(question(NAME).subarray(2), () => sent.resolve());
  });
  return { answered: answered.promise, sent: sent.promise, giveUp: close };
}

/** Resolves when an answer has an address. `lost`: what was sent to the server before was thrown away by our own kernel. */
function askByTcp(server: string, lost: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server, port: 53 });
    let heard = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.once("connect", () => socket.write(question(NAME)));
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]).subarray(0, 512);
      if (countAnswers(heard) > 0) resolve();
      else if (isWhole(heard)) socket.destroy(); // that there is none
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "EHOSTUNREACH" && isNobodyAt(server, readOr("/proc/net/arp"), readOr("/proc/net/route"))) lost();
    }); // `close` follows
    socket.once("close", () => {
      clearTimeout(timer);
      reject(new Error("no answer"));
    });
  });
}

/**
 * Whether the kernel asked for the hardware address of whoever leads to `server`, and nobody told it: a datagram waits for
 * that as a connection does, and both are thrown away together. Nobody says so of a datagram.
 */
export function isNobodyAt(server: string, arp: string, routes: string): boolean {
  const hops = [server, ...gatewaysOf(routes)];
  const asked = arp.split("\n").some((line) => hops.includes(line.trim().split(/\s+/)[0] ?? ""));
  return asked && !hops.some((hop) => isNeighbour(arp, hop));
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** For an A record, recursion desired, with the length that TCP puts before it (RFC 1035). */
export function question(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const message = Buffer.concat([
    Buffer.from([0x0b, 0x0d, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels,
    Buffer.from([0, 0, 1, 0, 1]),
  ]);
  return withLength(message);
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** As long as it said that it is. */
function isWhole(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0);
}

/** Of what came by TCP so far. */
export function countAnswers(bytes: Buffer): number {
  return bytes.length >= 10 ? bytes.readUInt16BE(8) : 0;
}

function within(promise: Promise<unknown>, ms: number): Promise<unknown> {
  return Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error("no answer in time")), ms).unref()),
  ]);
}
