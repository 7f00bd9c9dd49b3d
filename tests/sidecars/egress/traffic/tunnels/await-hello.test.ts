import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { awaitHello } from "#sidecars/egress/traffic/tunnels/await-hello.ts";
import { clientHello, inRecords, serverNames } from "#tests/helpers/egress/client-hello.ts";

let server: Server;
let client: Socket;
let accepted: Socket;

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  [accepted] = (await once(server, "connection")) as [Socket];
});
afterEach(() => {
  client.destroy();
  accepted.destroy();
  server.close();
});

const hello = inRecords(clientHello([serverNames("a.example.com")]));

describe("the first message", () => {
  test("comes with all that was read, and leaves the rest in the socket", async () => {
    client.write(hello);
    expect(await awaitHello(accepted, 5000)).toMatchObject({ kind: "hello", bytes: hello });
    client.write("more");
    expect(String((await once(accepted.resume(), "data"))[0])).toBe("more");
  });

  test("that does not come in time is bad", async () => {
    client.write(hello.subarray(0, 20));
    expect(await awaitHello(accepted, 40)).toMatchObject({
      kind: "bad",
      isTls: true,
      reason: expect.stringContaining("no TLS ClientHello"),
    });
    expect(await awaitHello(accepted, 40)).toMatchObject({ kind: "bad", isTls: false });
  });

  test("that ends in the middle is bad; a client that says nothing and leaves is gone", async () => {
    client.end(hello.subarray(0, 20));
    expect(await awaitHello(accepted, 5000)).toMatchObject({ kind: "bad", reason: "it ended within the ClientHello" });
    const gone = awaitHello(accepted, 5000);
    accepted.destroy();
    expect(await gone).toEqual({ kind: "gone" });
  });
});
