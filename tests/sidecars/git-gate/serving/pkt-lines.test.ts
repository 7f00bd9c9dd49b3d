import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { watchCommandSection, MOST_COMMANDS } from "#sidecars/git-gate/serving/command-section.ts";
import { readDaemonRequest } from "#sidecars/git-gate/serving/daemon-request.ts";
import { errorLine, pktLength, pktLine } from "#sidecars/git-gate/serving/pkt-line.ts";

const REPOS = new Set(["demo"]);
const ask = (text: string) => readDaemonRequest(Buffer.from(pktLine(text), "latin1"), REPOS);

describe("a pkt-line", () => {
  it("begins with its whole length", () => {
    expect(pktLine("a\n")).toBe("0006a\n");
    expect(pktLine("é")).toBe("0006é");
  });

  it("of an error is one line, however it is written", () => {
    expect(errorLine("two\nlines\r\n")).toBe("0012ERR two lines\n");
    expect(errorLine("x".repeat(100_000)).length).toBeLessThan(2100);
  });

  it.for([
    ["0000", { kind: "special" }],
    ["0001", { kind: "special" }],
    ["0002", { kind: "special" }],
    ["0003", { kind: "bad" }],
    ["0004", { kind: "line", length: 4 }],
    ["fff0", { kind: "line", length: 65_520 }],
    ["FFF0", { kind: "line", length: 65_520 }],
    ["fff1", { kind: "bad" }],
    ["-001", { kind: "bad" }],
    ["0x10", { kind: "bad" }],
    ["  10", { kind: "bad" }],
  ] as const)("that begins with %j is %o", ([head, length]) => {
    expect(pktLength(head)).toEqual(length);
  });
});

describe("the first line of the git protocol", () => {
  it("names the service, the repository and the version", () => {
    expect(ask("git-upload-pack /demo.git\0host=x:9418\0\0version=2\0")).toMatchObject({
      kind: "ask",
      service: "git-upload-pack",
      repo: "demo",
      protocol: "version=2",
    });
    expect(ask("git-receive-pack /demo.git\0host=x\0")).toMatchObject({
      service: "git-receive-pack",
      protocol: undefined,
    });
    expect(ask("git-upload-pack /demo.git\n")).toMatchObject({ kind: "ask" });
    expect(ask("git-upload-pack /demo.git\0host=x\0\0version=9\0")).toMatchObject({ protocol: undefined });
  });

  it("leaves what comes behind it", () => {
    const bytes = Buffer.from(`${pktLine("git-upload-pack /demo.git\0host=x\0")}0014command=ls-refs`);
    expect(readDaemonRequest(bytes, REPOS)).toMatchObject({ rest: Buffer.from("0014command=ls-refs") });
  });

  it("is waited for, byte by byte, only while it can still be one", () => {
    const whole = Buffer.from(pktLine("git-upload-pack /demo.git\0host=x\0"));
    for (let length = 0; length < whole.length; length += 1) {
      expect(readDaemonRequest(whole.subarray(0, length), REPOS)).toEqual({ kind: "more" });
    }
    expect(readDaemonRequest(Buffer.from("00g"), REPOS)).toMatchObject({ kind: "refuse" });
    expect(readDaemonRequest(Buffer.from("1001"), REPOS)).toMatchObject({ kind: "refuse" });
  });

  it("never asks for anything but a repository that there is, whatever the bytes", () => {
    const text = fc.array(
      fc.constantFrom("git-upload-pack", " ", "/", "demo", ".git", "..", "\0", "host=x", "'", ";", "~", "--"),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(text, (parts) => {
        const reading = ask(parts.join(""));
        expect(reading.kind).not.toBe("more");
        if (reading.kind === "ask") expect([reading.service, reading.repo]).toEqual(["git-upload-pack", "demo"]);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(readDaemonRequest(Buffer.from(bytes), REPOS).kind).not.toBe("ask");
      }),
    );
  });
});

describe("the list of refs at the head of a push", () => {
  const zero = "0".repeat(40);
  const command = pktLine(`${zero} ${zero} refs/heads/x`);

  it("may come in any pieces, and what is behind it is not looked at", () => {
    const bytes = Buffer.from(`${command.repeat(3)}0000PACKzzzz`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const section = watchCommandSection();
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          expect(section.push(bytes.subarray(at, at + size))).toBeUndefined();
          at += size;
        }
      }),
    );
  });

  it("has an end", () => {
    const section = watchCommandSection();
    expect(section.push(Buffer.from(command.repeat(MOST_COMMANDS)))).toBeUndefined();
    expect(section.push(Buffer.from(command))).toBe("a push changes at most 20000 refs");
    const long = watchCommandSection();
    expect(long.push(Buffer.from(pktLine("x".repeat(65_000)).repeat(300)))).toBe("the names of the refs are too long");
  });

  it("is made of pkt-lines", () => {
    expect(watchCommandSection().push(Buffer.from("PACK"))).toBe("the push does not begin with pkt-lines");
  });
});
