// A kept upstream connection that turns out to be closed: what may be sent once more is, and nothing is sent twice that could
// have been done twice.

import { once } from "node:events";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { testAuthority } from "#tests/helpers/egress/authority.ts";
import { get } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import type { AddressInfo } from "node:net";

let server: Server;
let egress: EgressProcess;
let ca: string;
/** Request lines, by connection. */
let asked: string[][];

/** Answers the first request of each connection, and resets it when the second comes. */
beforeEach(async () => {
  const authority = await testAuthority();
  asked = [];
  server = createServer(await authority.issue("a.example.com"), (socket: TLSSocket) => {
    const lines: string[] = [];
    asked.push(lines);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const line = /^[A-Z]+ \S+/.exec(data.toString("latin1"));
      if (line === null) return;
      lines.push(line[0]);
      if (lines.length > 1) return void socket.destroy();
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  egress = await startEgress({
    upstreamCa: authority.cert,
    table: {
      hosts: { "a.example.com": `127.0.0.1:${(server.address() as AddressInfo).port}` },
      routes: [routeTo("a.example.com")],
    },
  });
  ca = await egress.ca();
});
afterEach(async () => {
  await egress.remove();
  server.close();
});

const via = (path: string, ask: Parameters<typeof get>[3] = {}) =>
  get(egress.paths.egress.socket, ca, `https://a.example.com${path}`, ask);

describe("on a kept connection that is reset", () => {
  test.each([
    ["GET", {}],
    ["PUT", { body: "small" }],
    ["DELETE", {}],
  ])("a %s is sent once more, on a new one", async (method, more) => {
    expect((await via("/first")).status).toBe(200);
    expect(await via("/second", { method, ...more })).toMatchObject({ status: 200, body: "ok" });
    expect(asked).toEqual([["GET /first", `${method} /second`], [`${method} /second`]]);
  });

  test.each([
    ["with a body", { body: "buy one" }],
    ["without one", {}],
  ])("a POST %s is not: it may have been done", async (_what, more) => {
    expect((await via("/first")).status).toBe(200);
    const reply = await via("/buy", { method: "POST", ...more });
    expect(reply).toMatchObject({ status: 502, headers: { "x-bottle-egress": "upstream_failed" } });
    expect(asked.flat().filter((line) => line === "POST /buy")).toHaveLength(1);
  });

  test("a second failure is not tried a third time", async () => {
    expect((await via("/first")).status).toBe(200);
    server.removeAllListeners("secureConnection");
    server.on("secureConnection", (socket: TLSSocket) => {
      const lines: string[] = [];
      asked.push(lines);
      socket.on("error", () => {});
      socket.on("data", () => {
        lines.push("again");
        socket.destroy();
      });
    });
    expect((await via("/second")).status).toBe(502);
    expect(asked).toEqual([["GET /first", "GET /second"], ["again"]]);
  });
});
