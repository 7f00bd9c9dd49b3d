// Frames of stdout and stderr, however they are cut.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { frameReader } from "#backends/docker/exec/frames.ts";

function frame(stream: number, text: string | Buffer): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

function read(chunks: readonly Buffer[]): { stdout: string; stderr: string } {
  const out = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const reader = frameReader({
    stdout: (bytes) => void (out.stdout = Buffer.concat([out.stdout, bytes])),
    stderr: (bytes) => void (out.stderr = Buffer.concat([out.stderr, bytes])),
  });
  for (const chunk of chunks) reader.push(chunk);
  return { stdout: out.stdout.toString("latin1"), stderr: out.stderr.toString("latin1") };
}

describe("frames", () => {
  test("come out whole, whatever the pieces they come in", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 }))),
        fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 1 }),
        (frames, cuts) => {
          const all = Buffer.concat(frames.map(([stream, bytes]) => frame(stream, Buffer.from(bytes))));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < all.length; turn += 1) {
            const length = cuts[turn % cuts.length] as number;
            chunks.push(all.subarray(at, at + length));
            at += length;
          }
          const of = (wanted: number): string =>
            frames.map(([stream, bytes]) => (stream === wanted ? Buffer.from(bytes).toString("latin1") : "")).join("");
          expect(read(chunks)).toEqual({ stdout: of(1), stderr: of(2) });
        },
      ),
    );
  });

  test("are taken for text where they are none", () => {
    expect(read([Buffer.from("OCI runtime"), Buffer.from(" exec failed")]).stdout).toBe("OCI runtime exec failed");
  });

  test("that promise four gigabytes keep nothing in memory", () => {
    const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    expect(read([header, Buffer.from("a"), Buffer.from("b")])).toEqual({ stdout: "ab", stderr: "" });
  });
});
