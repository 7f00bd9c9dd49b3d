// Scanning in windows: a secret is found once, with its line, wherever it stands and however the bytes come.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createSecretScanner } from "#domain/secrets/create-scanner.ts";
import { BatchParser } from "#sidecars/git-gate/scan/batch-parser.ts";
import { SecretStream, type Hit } from "#sidecars/git-gate/scan/secret-stream.ts";

const OWN = "Kq7-mP2x/Wd9+Rt4";
const scanner = createSecretScanner({ own: [{ rule: "own:x", value: OWN }] });

function scan(write: (stream: SecretStream) => void): Pick<Hit, "rule" | "line">[] {
  const hits: Pick<Hit, "rule" | "line">[] = [];
  const stream = new SecretStream(scanner, ({ rule, line, value }) => {
    expect(value.toString()).toBe(OWN);
    hits.push({ rule, line });
  });
  write(stream);
  stream.end();
  return hits;
}

describe("a stream", () => {
  test("tells a secret once and with its line, over many windows and in any pieces", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.nat(900_000),
        fc.integer({ min: 1, max: 300_000 }),
        fc.integer({ min: 20, max: 120 }),
        (place, size, width) => {
          const text = Buffer.from(`${"x".repeat(width)}\n`.repeat(Math.ceil(1_000_000 / (width + 1))));
          text.write(OWN, place - (place % (width + 1)), "latin1");
          const line = Math.floor(place / (width + 1)) + 1;
          const hits = scan((stream) => {
            for (let at = 0; at < text.length; at += size) stream.write(text.subarray(at, at + size));
          });
          expect(hits).toEqual([{ rule: "own:x", line }]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("tells of a secret only when some of it is new, whatever was there before around it", () => {
    const [head, tail] = [OWN.slice(0, 5), OWN.slice(5)].map((text) => Buffer.from(text)) as [Buffer, Buffer];
    const filler = Buffer.from("line\n".repeat(100_000));
    const scanParts = (...parts: readonly (readonly [Buffer, boolean])[]) =>
      scan((stream) => {
        for (const [bytes, known] of parts) stream.write(bytes, known);
      });
    const found = [{ rule: "own:x", line: 100_001 }];
    for (const before of [true, false]) {
      expect(scanParts([filler, before], [head, true], [tail, true], [filler, false])).toEqual([]);
      expect(scanParts([filler, before], [head, true], [tail, false], [filler, true])).toEqual(found);
      expect(scanParts([filler, before], [head, false], [tail, true], [filler, true])).toEqual(found);
    }
  });

  test("finds a secret in one line of megabytes", () => {
    const bytes = Buffer.alloc(3_000_000, "x");
    bytes.write(`"${OWN}"`, 2_000_000);
    expect(scan((stream) => stream.write(bytes))).toEqual([{ rule: "own:x", line: 1 }]);
  });

  test("finds text of two bytes a letter, of either order, in any place", () => {
    fc.assert(
      fc.property(fc.nat(700_000), fc.boolean(), (place, swapped) => {
        const wide = Buffer.from(OWN, "utf16le");
        const bytes = Buffer.alloc(800_000, 0x78);
        (swapped ? wide.swap16() : wide).copy(bytes, place);
        expect(scan((stream) => stream.write(bytes))).toHaveLength(1);
      }),
      { numRuns: 30 },
    );
  });

  test("counts from the line that it is told", () => {
    const hits = scan((stream) => {
      stream.at(40);
      stream.write(Buffer.from(`a\n${OWN}\n`));
      stream.at(90);
      stream.write(Buffer.from(OWN));
      stream.at(100);
      stream.write(Buffer.from(`a\nb\n${OWN}`));
    });
    expect(hits.map(({ line }) => line)).toEqual([41, 90, 102]);
  });

  test("joins nothing of two things", () => {
    const hits = scan((stream) => {
      stream.write(Buffer.from(OWN.slice(0, 8)));
      stream.end();
      stream.write(Buffer.from(OWN.slice(8)));
    });
    expect(hits).toEqual([]);
  });
});

describe("git's objects", () => {
  const printed = Buffer.from(
    `${"a".repeat(40)} blob 5\nhello\n${"b".repeat(40)} commit 0\n\n${"c".repeat(40)} tag 3\na\nb\n`,
  );
  const read = (pieces: readonly Buffer[]): string[] => {
    const told: string[] = [];
    const parser = new BatchParser({
      object: (id, type, bytes) => void told.push(`${id[0]} ${type} ${bytes} `),
      data: (bytes) => void (told[told.length - 1] += bytes.toString()),
      end: () => void (told[told.length - 1] += "."),
    });
    for (const piece of pieces) parser.push(piece);
    parser.end();
    return told;
  };

  test("are told the same wherever their stream is cut", () => {
    for (let cut = 0; cut <= printed.length; cut += 1)
      expect(read([printed.subarray(0, cut), printed.subarray(cut)])).toEqual([
        "a blob 5 hello.",
        "b commit 0 .",
        "c tag 3 a\nb.",
      ]);
    expect(read(Array.from(printed, (byte) => Buffer.of(byte)))).toHaveLength(3);
  });

  test.each([`${"a".repeat(40)} missing\n`, "x".repeat(1000), `${"a".repeat(40)} blob 3\nabcd\n`])(
    "that are none are an error: %s",
    (text) => {
      expect(() => read([Buffer.from(text)])).toThrow("git");
    },
  );

  test("that are cut are an error", () => {
    expect(() => read([printed.subarray(0, 60)])).toThrow("git's objects end within one");
  });
});
