// Names of refs, judged as git itself judges them.

import { spawnSync } from "node:child_process";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readUpdates } from "#sidecars/git-gate/push/read-updates.ts";
import { refNameProblem } from "#sidecars/git-gate/push/ref-name.ts";

const A = "a".repeat(40);
const ZERO = "0".repeat(40);

function gitTakes(ref: string): boolean {
  return spawnSync("git", ["check-ref-format", ref]).status === 0;
}

describe("the name of a ref", () => {
  test("is taken only when git takes it", { timeout: 120_000 }, () => {
    const part = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom(
        "main",
        "..",
        ".",
        "@",
        "@{",
        "a.lock",
        ".lock",
        "-x",
        "~1",
        "^",
        ":",
        "?",
        "*",
        "[",
        "\\",
        " ",
        "\u007f",
        "täg",
        "a/b",
        "//",
        "HEAD",
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom("heads", "tags", "notes"),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        (kind, parts) => {
          const ref = `refs/${kind}/${parts.join("")}`;
          fc.pre(!ref.includes("\0"));
          // Branches that git could not name on its command line are not taken either.
          const isTaken = gitTakes(ref) && !/^refs\/heads\/(?:-|HEAD$)/.test(ref);
          expect([ref, refNameProblem(ref) === undefined]).toEqual([ref, isTaken]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(["HEAD", "refs/pull/1/head", "refs/remotes/origin/x", "refs/headsx/a", "refs/heads", "main", ""])(
    "is none that may be pushed: %j",
    (ref) => {
      expect(refNameProblem(ref)).toContain("only branches");
    },
  );
});

describe("what git says is pushed", () => {
  const read = (text: string) => readUpdates(Buffer.from(text));

  test("is read as it stands", () => {
    expect(read(`${ZERO} ${A} refs/heads/new\n${A} ${ZERO} refs/tags/gone\n`)).toEqual({
      updates: [
        { ref: "refs/heads/new", old: undefined, new: A },
        { ref: "refs/tags/gone", old: A, new: undefined },
      ],
    });
  });

  test.each([
    ["nothing", ""],
    ["a line that is cut", `${ZERO} ${A} refs/heads/x`],
    ["no names of objects", "x y refs/heads/x\n"],
    ["a ref that is named twice", `${ZERO} ${A} refs/heads/x\n${ZERO} ${A} refs/heads/x\n`],
    ["the deletion of nothing", `${ZERO} ${ZERO} refs/heads/x\n`],
    [
      "a name that is no text",
      Buffer.concat([Buffer.from(`${ZERO} ${A} refs/heads/`), Buffer.from([0xff, 0xfe]), Buffer.from("?\n")]).toString(
        "latin1",
      ),
    ],
    ["too many", `${ZERO} ${A} refs/heads/x\n`.repeat(1001)],
    ["a name that is too long", `${ZERO} ${A} refs/heads/${"x".repeat(600)}\n`],
  ])("is refused with %s", (_what, text) => {
    expect(readUpdates(Buffer.from(text, "latin1"))).toHaveProperty("problems");
  });

  test("never throws, whatever it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(readUpdates(bytes)).toHaveProperty("problems");
      }),
    );
  });
});
