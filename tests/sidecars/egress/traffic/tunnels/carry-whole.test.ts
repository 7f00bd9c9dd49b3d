// Tunnels under limits that are short enough to be waited for.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { EgressRequest } from "#domain/egress/control.ts";
import { inspectNothing } from "#sidecars/egress/inspection/inspection.ts";
import { openLive } from "#sidecars/egress/traffic/live.ts";
import { openTrafficLog } from "#sidecars/egress/traffic/traffic-log.ts";
import { carryWhole } from "#sidecars/egress/traffic/tunnels/carry-whole.ts";
import { openTunnels } from "#sidecars/egress/traffic/tunnels/open-tunnels.ts";
import { openUpstream } from "#sidecars/egress/traffic/upstream.ts";
import { routeTo, tableOf } from "#tests/helpers/egress/proxy.ts";
import { startTcpServer, type TcpServer } from "#tests/helpers/egress/tcp-server.ts";

const HOST = "raw.example.com";
const LIMITS = { most: 4, idleMs: 150, totalMs: 60_000, handshakeMs: 60, lookMs: 20 };

let server: TcpServer;
let listener: Server;
let client: Socket;
let accepted: Socket;

beforeEach(async () => {
  server = await startTcpServer((socket) => void socket.pipe(socket));
  listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  client = connect({ port: (listener.address() as AddressInfo).port, host: "127.0.0.1" });
  client.on("error", () => {});
  [accepted] = (await once(listener, "connection")) as [Socket];
});
afterEach(() => {
  client.destroy();
  listener.close();
  server.close();
});

/** The record of the tunnel, once it has ended. */
function carried(kind: "raw" | "passthrough", limits = LIMITS): Promise<EgressRequest> {
  const traffic = openTrafficLog(() => {});
  const table = () => tableOf({ hosts: { [HOST]: server.pin } });
  const ended = new Promise<EgressRequest>((resolve) =>
    traffic.subscribe((request) => {
      if (request.open !== true) resolve(request);
    }),
  );
  void carryWhole(
    accepted,
    { host: HOST, port: 22 },
    {
      clear: "yes",
      kind,
      route: routeTo(HOST),
      rule: "the rule",
      meter: { count: () => undefined },
      stillAllowed: () => true,
    },
    {
      traffic,
      live: openLive(),
      audit: { note: vi.fn(), flush: async () => {} },
      upstream: openUpstream({ table, extraRoots: "" }),
      tunnels: openTunnels(limits),
      inspection: inspectNothing,
    },
  );
  return ended;
}

describe("a whole tunnel", () => {
  test("that is idle for too long is closed on both sides, and the record says why", async () => {
    const record = carried("raw");
    await once(client, "data");
    const closed = once(client, "close");
    expect(await record).toMatchObject({ status: 200, rule: expect.stringMatching(/^idle for .*: the rule$/) });
    await closed;
    await expect.poll(() => server.sockets[0]?.destroyed).toBe(true);
  });

  test("is closed when its time is over, however busy it is", async () => {
    const record = carried("raw", { ...LIMITS, totalMs: 200 });
    client.on("data", () => client.write("again"));
    expect(await record).toMatchObject({ rule: expect.stringMatching(/^open for .*: the rule$/) });
    expect((await record).bytes_up).toBeGreaterThan(5);
  });

  test("whose client never says what TLS it wants is refused", async () => {
    const record = carried("passthrough");
    let text = "";
    client.on("data", (chunk) => (text += String(chunk)));
    expect(await record).toMatchObject({
      status: 403,
      verdict: "block",
      rule: expect.stringMatching(/no TLS ClientHello/),
    });
    expect(text).toMatch(/^HTTP\/1\.1 200 .*HTTP\/1\.1 403 .*no TLS ClientHello within/s);
    expect(server.sockets[0]?.bytesRead).toBe(0);
  });
});
