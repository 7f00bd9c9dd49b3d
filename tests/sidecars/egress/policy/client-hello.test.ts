// ClientHellos of real clients, of our own making, cut in every way, and hostile ones.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type HelloRead, readClientHello } from "#sidecars/egress/policy/client-hello.ts";
import { clientHello, extension, inRecords, serverNames, vector } from "#tests/helpers/egress/client-hello.ts";

function read(bytes: Buffer, cuts: readonly number[] = []): HelloRead {
  const reader = readClientHello();
  let from = 0;
  for (const cut of [...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]) {
    reader.push(bytes.subarray(from, cut));
    from = cut;
  }
  return reader.push(Buffer.alloc(0));
}

/** What a client sends first, until a whole ClientHello is there. */
async function captured(start: (port: number) => () => void): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = start((server.address() as AddressInfo).port);
  const [socket] = (await once(server, "connection")) as [Socket];
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk]);
    if (read(bytes).state !== "more") break;
  }
  stop();
  socket.destroy();
  server.close();
  return bytes;
}

const fromNode = (options: ConnectionOptions) =>
  captured((port) => {
    const client = connectTls({ port, host: "127.0.0.1", ...options });
    client.on("error", () => {});
    return () => client.destroy();
  });

const fromOpenssl = (...options: string[]) =>
  captured((port) => {
    const client = execFile("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, ...options], () => {});
    return () => client.kill("SIGKILL");
  });

describe("a real client's hello", () => {
  test.each([
    ["Node, two protocols", () => fromNode({ servername: "api.example.com", ALPNProtocols: ["h2", "http/1.1"] })],
    ["Node, TLS 1.2", () => fromNode({ servername: "api.example.com", maxVersion: "TLSv1.2" })],
    ["openssl", () => fromOpenssl("-servername", "api.example.com", "-alpn", "h2,http/1.1")],
    ["openssl, TLS 1.2", () => fromOpenssl("-servername", "api.example.com", "-tls1_2")],
    ["openssl, small records", () => fromOpenssl("-servername", "api.example.com", "-split_send_frag", "512")],
  ])("of %s is read", async (_name, capture) => {
    expect(read(await capture())).toMatchObject({
      state: "hello",
      hello: { serverName: "api.example.com", hidden: false },
    });
  });

  test("tells the protocols in the client's order", async () => {
    const bytes = await fromNode({ servername: "a.example.com", ALPNProtocols: ["h2", "http/1.1"] });
    expect(read(bytes)).toMatchObject({ hello: { alpn: ["h2", "http/1.1"] } });
  });

  test("that names nobody has no server name", async () => {
    expect(read(await fromOpenssl("-noservername"))).toEqual({
      state: "hello",
      hello: { serverName: undefined, alpn: [], hidden: false },
    });
  });
});

describe("a hello", () => {
  const name = serverNames("a.example.com");

  test("without any extension is one, and names nobody", () => {
    expect(read(inRecords(clientHello(undefined)))).toMatchObject({
      state: "hello",
      hello: { serverName: undefined },
    });
  });

  test.each([0xfe0d, 0xffce, 0xfe08])("with the extension %i may hide another name", (type) => {
    expect(read(inRecords(clientHello([name, extension(type, Buffer.alloc(3))])))).toMatchObject({
      hello: { serverName: "a.example.com", hidden: true },
    });
  });

  test("may be 64 KB over many records", () => {
    const filler = extension(21, Buffer.alloc(60_000));
    const bytes = inRecords(clientHello([filler, name]));
    expect(bytes.length).toBeGreaterThan(60_000);
    expect(read(bytes)).toMatchObject({ hello: { serverName: "a.example.com" } });
    expect(read(inRecords(clientHello([filler, name]), 1))).toMatchObject({ hello: { serverName: "a.example.com" } });
  });

  test("is not waited for any longer than it is", () => {
    const bytes = inRecords(clientHello([name]));
    expect(read(bytes.subarray(0, -1)).state).toBe("more");
    expect(read(Buffer.concat([bytes, Buffer.from("early data")])).state).toBe("hello");
  });

  test.each<[string, Buffer]>([
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["the HTTP/2 preface", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
    ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
    ["SSLv2", Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 0x15])],
    ["an alert record", Buffer.from([21, 3, 1, 0, 2, 2, 40])],
    ["a record of another protocol", Buffer.from([22, 2, 0, 0, 4, 1, 0, 0, 0])],
    ["an empty record", Buffer.from([22, 3, 1, 0, 0])],
    ["a record that is too long", Buffer.from([22, 3, 1, 0x40, 1])],
    ["a ServerHello", Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ["a hello above 64 KB", Buffer.from([22, 3, 1, 0x40, 0, 1, 1, 0, 1])],
    ["an empty hello", Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])],
    ["two names", inRecords(clientHello([serverNames("a.example.com", "b.example.com")]))],
    ["the name twice", inRecords(clientHello([name, name]))],
    ["an empty name", inRecords(clientHello([serverNames("")]))],
    ["no name in the list", inRecords(clientHello([extension(0, vector(2, Buffer.alloc(0)))]))],
    ["a name of another kind", inRecords(clientHello([extension(0, vector(2, Buffer.from([1, 0, 1, 97])))]))],
    ["something after the name", inRecords(clientHello([extension(0, Buffer.from([0, 4, 0, 0, 1, 97, 0]))]))],
    ["an empty protocol", inRecords(clientHello([extension(16, vector(2, Buffer.from([0, 1, 97])))]))],
    ["something after the extensions", inRecords(clientHello([name], Buffer.from([0])))],
    ["another message in its record", inRecords(Buffer.concat([clientHello([name]), Buffer.from([1, 0, 0, 0])]))],
  ])("is not: %s", (_what, bytes) => {
    expect(read(bytes)).toMatchObject({ state: "bad" });
  });
});

describe("hostile bytes", () => {
  const good = inRecords(
    clientHello([extension(16, Buffer.from([0, 3, 2, 104, 50])), serverNames("a.example.com")]),
    50,
  );
  const cuts = fc.array(fc.nat(), { maxLength: 20 });

  test("never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, begun) => {
        const bytes = begun ? inRecords(Buffer.concat([Buffer.from([1, 0, 0, noise.length]), noise])) : noise;
        expect(["more", "hello", "bad"]).toContain(read(Buffer.from(bytes)).state);
      }),
    );
  });

  test("are read alike however they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), cuts, (noise, at) => {
        expect(read(Buffer.from(noise), at)).toEqual(read(Buffer.from(noise)));
      }),
    );
    fc.assert(
      fc.property(cuts, (at) => {
        expect(read(good, at)).toEqual(read(good));
      }),
    );
    expect(read(good)).toMatchObject({ hello: { serverName: "a.example.com" } });
  });

  test("that change a good hello never throw, and are read alike however they are cut", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), cuts, (at, byte, split) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        expect(read(bytes, split)).toEqual(read(bytes));
      }),
    );
  });

  test("that end early are never a hello", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), (length) => {
        expect(read(good.subarray(0, length)).state).toBe("more");
      }),
    );
  });

  test("that come one by one, in records of one byte, are read once", () => {
    const bytes = inRecords(clientHello([extension(21, Buffer.alloc(65_000))]), 1);
    const reader = readClientHello();
    const early = [...bytes.subarray(0, -1)].filter((byte) => reader.push(Uint8Array.of(byte)).state !== "more");
    expect(early).toEqual([]);
    expect(reader.push(bytes.subarray(-1)).state).toBe("hello");
  });
});
