import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { writeTar, type TarEntry } from "#backends/docker/images/tar.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tar-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (path: string, text: string, mode = 0o644): TarEntry => {
  const content = Buffer.from(text);
  return { type: "file", path, mode, size: content.length, content };
};

async function extract(entries: TarEntry[], into = folder): Promise<void> {
  execFileSync("tar", ["-x", "-p", "-C", into], { input: await buffer(writeTar(entries)) });
}

describe("a tar archive", () => {
  test("has files, folders and links as they were given", async () => {
    await extract([
      { type: "folder", path: "a", mode: 0o755 },
      file("a/run.sh", "#!/bin/sh\n", 0o755),
      file("a/empty", ""),
      { type: "link", path: "a/out", target: "../../etc/passwd" },
    ]);
    expect(readFileSync(join(folder, "a/run.sh"), "utf8")).toBe("#!/bin/sh\n");
    expect(lstatSync(join(folder, "a/run.sh")).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(folder, "a/empty")).size).toBe(0);
    expect(readlinkSync(join(folder, "a/out"))).toBe("../../etc/passwd");
  });

  test("has names of any length and letters", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((text) => !/[/\0]|^\.{1,2}$/.test(text) && Buffer.byteLength(text) <= 255);
    const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));
    await fc.assert(
      fc.asyncProperty(path, path, fc.string(), async (one, target, text) => {
        const into = mkdtempSync(join(folder, "case-"));
        await extract([file(`f/${one}`, text), { type: "link", path: `l/${one}`, target }], into);
        expect(readFileSync(join(into, "f", one), "utf8")).toBe(Buffer.from(text).toString());
        expect(readlinkSync(join(into, "l", one))).toBe(target);
      }),
      { numRuns: 40 },
    );
  });

  test("is the same for the same entries", async () => {
    const entries = [file("a", "1"), file("b", "2")];
    expect(await buffer(writeTar(entries))).toEqual(await buffer(writeTar(entries)));
  });

  test.each(["shorter", "longer than was said"])("fails when a file is %s meanwhile", async (text) => {
    async function* content(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(text);
    }
    const entries: TarEntry[] = [{ type: "file", path: "log", mode: 0o644, size: 10, content }];
    await expect(buffer(writeTar(entries))).rejects.toThrow("log changed while it was read");
  });
});
