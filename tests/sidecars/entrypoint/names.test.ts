import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";

import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";

import { countAnswers, isNobodyAt, question } from "#sidecars/entrypoint/checks/names.ts";
import { noSuchName } from "#sidecars/entrypoint/no-names.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const asked = (name: string): Buffer => question(name).subarray(2);

describe("a question for a name", () => {
  test("is answered with `there is none`, as a real resolver reads it", async () => {
    const socket = createSocket("udp4");
    closing.push(() => void socket.close());
    socket.on("message", (message, from) => {
      const answer = noSuchName(message);
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const resolver = new Resolver({ timeout: 2000, tries: 1 });
    resolver.setServers([`127.0.0.1:${socket.address().port}`]);
    await expect(resolver.resolve4("example.com")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolveTxt("secret.example.com")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  test("keeps its number and its question, and nothing that came after it", () => {
    const message = Buffer.concat([asked("a.example"), Buffer.from("additional records")]);
    message.writeUInt16BE(1, 10);
    const answer = noSuchName(message)!;
    expect(answer.readUInt16BE(0)).toBe(message.readUInt16BE(0));
    expect(answer.readUInt16BE(2)).toBe(0x8183);
    expect([answer.readUInt16BE(6), answer.readUInt16BE(8), answer.readUInt16BE(10)]).toEqual([0, 0, 0]);
    expect(answer.length).toBe(asked("a.example").length);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["half a head", Buffer.alloc(7)],
    ["an answer", Buffer.concat([asked("a.b").fill(0x80, 2, 3)])],
    ["a name without an end", asked("example.com").subarray(0, 20)],
    ["a pointer for a name", Buffer.concat([asked("x").subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])])],
  ])("is none when it is %s", (_what, message) => {
    expect(noSuchName(message)).toBeUndefined();
  });

  test("never breaks who answers, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const answer = noSuchName(Buffer.from(bytes));
        expect(answer === undefined || answer.length <= bytes.length).toBe(true);
      }),
    );
  });
});

test("answers by TCP count only when they hold records", () => {
  expect(countAnswers(question("example.com"))).toBe(0);
  expect(countAnswers(Buffer.alloc(5))).toBe(0);
  const withOne = question("example.com");
  withOne.writeUInt16BE(1, 8);
  expect(countAnswers(withOne)).toBe(1);
});

describe("a server that nobody leads to", () => {
  const HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n";
  const entry = (host: string, flags: string): string => `${host}  0x1  ${flags}  00:00:00:00:00:00  *  eth0\n`;
  /** 10.0.0.0/29 on eth0, everything else by 10.0.0.1. */
  const ROUTES = [
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask",
    "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000",
    "eth0\t0000000A\t00000000\t0001\t0\t0\t0\tF8FFFFFF",
  ].join("\n");

  test("is one whose gateway was asked for and did not answer", () => {
    expect(isNobodyAt("192.0.2.53", HEAD + entry("10.0.0.1", "0x0"), ROUTES)).toBe(true);
    expect(isNobodyAt("10.0.0.1", HEAD + entry("10.0.0.1", "0x0"), ROUTES)).toBe(true);
  });

  test("is none while the gateway, or it itself, is there", () => {
    expect(isNobodyAt("192.0.2.53", HEAD + entry("10.0.0.1", "0x2"), ROUTES)).toBe(false);
    expect(isNobodyAt("10.0.0.4", HEAD + entry("10.0.0.1", "0x0") + entry("10.0.0.4", "0x2"), ROUTES)).toBe(false);
  });

  test("is none where the kernel does not tell whom it asked", () => {
    expect(isNobodyAt("192.0.2.53", HEAD, ROUTES)).toBe(false);
    expect(isNobodyAt("192.0.2.53", "", "")).toBe(false);
  });
});
