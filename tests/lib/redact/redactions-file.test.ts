// What is kept of a bottle's secrets on disk, and what is made of it.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { redactionWarnings, writeBottleRedactions } from "#core/launch/redactions.ts";
import { bottlePaths } from "#lib/paths.ts";
import { redactLines } from "#lib/redact/lines.ts";
import { readRedactions, writeRedactions } from "#lib/redact/redactions-file.ts";

const SECRET = "value-of-the-operator-0123";
const slug = "agent-abcde";
let root: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "redactions-"));
  await mkdir(bottlePaths(root, slug).agent.dir, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));
const paths = () => bottlePaths(root, slug);

describe("the redactions of a bottle", () => {
  test("are read again, for texts and for streams, with nothing of a value on the disk", async () => {
    await writeRedactions(paths(), { PAT: SECRET, AGAIN: SECRET, SHORT: "seven77" });
    const redactions = await readRedactions(paths());
    expect(redactions.text(`a ${SECRET} b`)).toBe("a [redacted PAT] b");
    expect(redactions.text("seven77")).toBe("seven77");
    const { dir } = paths().agent;
    for (const name of readdirSync(dir)) {
      const text = readFileSync(join(dir, name), "latin1");
      for (const piece of ["value", "operator", "0123", "seven"]) expect(text).not.toContain(piece);
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    }
  });

  test("have another key each time, so that nobody can compare them", async () => {
    const written = async (): Promise<string> => {
      await writeRedactions(paths(), { PAT: SECRET });
      return readFileSync(paths().agent.redactions, "utf8");
    };
    expect(await written()).not.toBe(await written());
  });

  test("are none where nothing was written, and an error where they are damaged or their key is gone", async () => {
    expect((await readRedactions(paths())).text(SECRET)).toBe(SECRET);
    await writeRedactions(paths(), { PAT: SECRET });
    rmSync(paths().agent.redactionsKey);
    await expect(readRedactions(paths())).rejects.toThrow(/damaged[^]*stop the bottle and resume it/);
    await writeRedactions(paths(), { PAT: SECRET });
    writeFileSync(paths().agent.redactions, '{"version":1');
    await expect(readRedactions(paths())).rejects.toMatchObject({ code: "invalid" });
  });

  test("of a launch are called as the definition calls them, and too short ones are warned of", async () => {
    const secrets = {
      EGRESS_SECRET_PAT: SECRET,
      EGRESS_TOKEN_0: "token-of-egress-alone",
      EGRESS_SECRET_PIN: "1234 567",
    };
    await writeBottleRedactions(root, { slug, secrets });
    const { text } = await readRedactions(paths());
    expect(text(`${SECRET} token-of-egress-alone 1234 567`)).toBe("[redacted PAT] [redacted EGRESS_TOKEN_0] 1234 567");
    expect(redactionWarnings({ secrets })).toEqual([expect.stringMatching(/^PIN is shorter than 8 characters/)]);
  });
});

describe("lines", () => {
  test("are as many as they were, each with what came with it, when a secret is wrapped over some", async () => {
    await writeRedactions(paths(), { PAT: SECRET });
    const told: [string, number][] = [];
    const lines = redactLines<number>((await readRedactions(paths())).open(), (text, about) =>
      told.push([text, about]),
    );
    for (const [index, line] of ["first", SECRET.slice(0, 9), `${SECRET.slice(9)} and`, "", "last üñï"].entries())
      lines.push(line, index);
    lines.end();
    expect(told).toEqual([
      ["first", 0],
      ["[redacted PAT]", 1],
      [" and", 2],
      ["", 3],
      ["last üñï", 4],
    ]);
  });
});
