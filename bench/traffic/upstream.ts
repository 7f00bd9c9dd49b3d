// The server that measured requests go to, a process of its own: `upstream.ts KEY CERT`. Prints its port, ends with its
// standard input. GET /small is 200 bytes of JSON, GET /bytes/N is N bytes, PUT /sink takes what comes.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";

const [keyFile = "", certFile = ""] = process.argv.slice(2);
const CHUNK = Buffer.alloc(65_536, 0xa5);
const SMALL = JSON.stringify({ ok: true, items: Array.from({ length: 16 }, (_, index) => ({ id: index })) });

const server = createServer(
  { key: readFileSync(keyFile), cert: readFileSync(certFile), keepAlive: true, noDelay: true },
  (request, response) => {
    const { url = "" } = request;
    if (url.startsWith("/bytes/")) {
      const total = Number(url.slice("/bytes/".length));
      response.writeHead(200, { "content-type": "application/octet-stream", "content-length": total });
      let left = total;
      const more = (): void => {
        while (left > 0) {
          const piece = left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left);
          left -= piece.length;
          if (!response.write(piece)) return void response.once("drain", more);
        }
        response.end();
      };
      return more();
    }
    let taken = 0;
    request.on("data", (chunk: Buffer) => (taken += chunk.length));
    request.on("end", () => {
      const body = url === "/sink" ? JSON.stringify({ taken }) : SMALL;
      const authorized = request.headers.authorization === undefined ? "no" : "yes";
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "x-authorized": authorized,
      });
      response.end(body);
    });
  },
);
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.stdin.on("end", () => process.exit(0)).resume();
