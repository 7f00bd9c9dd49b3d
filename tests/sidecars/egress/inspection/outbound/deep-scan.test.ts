import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { createSecretScanner } from "#domain/secrets/create-scanner.ts";
import { deepScan, deepScanInSteps } from "#sidecars/egress/inspection/outbound/deep-scan.ts";

const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
const scanner = createSecretScanner({ own: [{ rule: "own:test", value: SECRET }] });
const KIB = 1024;
const line = "const value = require('./module').default; // nothing to be found in here\n";
const filler = (length: number): string => line.repeat(Math.ceil(length / line.length)).slice(0, length);

describe("much is looked at in steps, and", () => {
  test("a secret is found once, wherever a part may end", async () => {
    const longest = scanner.longestMatch;
    for (const end of [256 * KIB, 256 * KIB + longest, 256 * KIB + 2 * longest, 1024 * KIB, 1088 * KIB, 1152 * KIB]) {
      for (const before of [-longest, -SECRET.length, -12, -1, 0, 1]) {
        const start = end + before;
        const bytes = Buffer.from(filler(start) + SECRET + filler(300 * KIB));
        const { matches, unscanned } = await deepScanInSteps(scanner, bytes);
        expect({ matches, unscanned }).toMatchObject({ matches: [{ start, end: start + SECRET.length }] });
      }
    }
  });

  test("what is encoded is found at the same place as at once", async () => {
    for (const written of [SECRET, Buffer.from(SECRET).toString("base64"), Buffer.from(SECRET).toString("hex")]) {
      const bytes = Buffer.from(`${filler(1024 * KIB - 10)} ${written} ${filler(256 * KIB)}`);
      expect((await deepScanInSteps(scanner, bytes)).matches).toEqual(deepScan(scanner, bytes).matches);
    }
  });

  test("others have their turns meanwhile, also while something compressed is looked at", async () => {
    const bytes = gzipSync(filler(6 * 1024 * KIB) + SECRET);
    let turns = 0;
    let over = false;
    const turn = (): void => {
      turns += 1;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    const { matches } = await deepScanInSteps(scanner, bytes);
    over = true;
    expect(matches).toMatchObject([{ rule: "own:test", decodings: ["compressed"] }]);
    expect(turns).toBeGreaterThan(4);
  });
});
