// The client of a measurement, a process of its own, as light as it can be: it writes requests on kept-alive connections and
// counts the bytes of the answers. One job as JSON in its argument, one result as JSON on its output.

import { readFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

import { median } from "../statistics.ts";
import type { Job, JobResult } from "./job.ts";

const CHUNK = Buffer.from(
  "The quick brown fox jumps over the lazy dog; pack my box with five dozen jugs. ".repeat(830),
).subarray(0, 65_536);

const job = JSON.parse(process.argv[2] ?? "") as Job;
const ca = readFileSync(job.ca, "utf8");
const result = await run();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

async function run(): Promise<JobResult> {
  const connections = await Promise.all(Array.from({ length: job.connections }, open));
  await Promise.all(connections.map(async (connection) => await ask(connection, "GET", "/small", 0))); // warm
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(connections.map(async (connection) => await loop(connection, began, times)));
  const seconds = (performance.now() - began) / 1000;
  return { requests: times.length, p50: times.length === 0 ? 0 : median(times), seconds };
}

async function loop(connection: TLSSocket, began: number, times: number[]): Promise<void> {
  switch (job.kind) {
    case "small":
      while (performance.now() - began < job.forMs) {
        const at = performance.now();
        await ask(connection, "GET", "/small", 0);
        times.push(performance.now() - at);
      }
      return;
    case "down":
      return ask(connection, "GET", `/bytes/${job.bytes}`, 0);
    case "up":
      return ask(connection, "PUT", "/sink", job.bytes);
  }
}

/** One request, whole: its body written with back-pressure, its answer read to the end. Throws for any status but 200. */
function ask(connection: TLSSocket, method: string, path: string, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = bytes > 0 ? `Content-Length: ${bytes}\r\nContent-Type: text/plain\r\n` : "";
    connection.write(`${method} ${path} HTTP/1.1\r\nHost: ${job.hostHeader}\r\nAccept: */*\r\n${length}\r\n`);
    let left = bytes;
    const more = (): void => {
      while (left > 0) {
        const piece = left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left);
        left -= piece.length;
        if (!connection.write(piece)) return void connection.once("drain", more);
      }
    };
    more();
    let head = "";
    let rest = -1;
    const done = (problem?: string): void => {
      connection.off("data", read).off("error", failed);
      if (problem === undefined) resolve();
      else reject(new Error(problem));
    };
    const read = (chunk: Buffer): void => {
      let body = chunk.length;
      if (rest < 0) {
        head += chunk.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        const length = /content-length: *(\d+)/i.exec(head)?.[1];
        if (!head.startsWith("HTTP/1.1 200") || length === undefined) return done(head.slice(0, 400));
        if (job.authorized && !/x-authorized: yes/i.test(head) && path !== `/bytes/${bytes}` && path === "/small")
          return done("the credential was not injected");
        rest = Number(length);
        body = head.length - end - 4;
      }
      rest -= body;
      if (rest === 0) done();
    };
    connection.on("data", read);
    const failed = (error: Error): void => done(error.message);
    connection.once("error", failed);
  });
}

async function open(): Promise<TLSSocket> {
  const socket = await dial();
  return await new Promise((resolve, reject) => {
    const secure = connectTls({ socket, ca, servername: job.host, ALPNProtocols: ["http/1.1"] });
    secure.once("secureConnect", () => resolve(secure));
    secure.once("error", reject);
  });
}

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { proxy } = job;
    const socket = proxy === undefined ? connectTcp(job.port, "127.0.0.1") : connectTcp(proxy);
    socket.setNoDelay(true);
    socket.once("error", reject);
    if (proxy === undefined) return void socket.once("connect", () => resolve(socket));
    socket.write(`CONNECT ${job.host}:${job.port} HTTP/1.1\r\nHost: ${job.host}:${job.port}\r\n\r\n`);
    let text = "";
    const read = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      socket.off("data", read);
      socket.pause();
      if (text.startsWith("HTTP/1.1 200")) resolve(socket);
      else reject(new Error(text.slice(0, 400)));
    };
    socket.on("data", read);
  });
}
