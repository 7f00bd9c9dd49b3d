// Archives: what we make is what tar reads, what tar makes is what we read, and what somebody hostile makes harms nothing.

import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { padding, writeHeader, type NewEntry } from "#lib/tar/header.ts";
import { pack } from "#lib/tar/pack.ts";
import { readTar } from "#lib/tar/read.ts";
import { partsOf, staysInside, unpack } from "#lib/tar/unpack.ts";

let here: string;
let to: string;
beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), "tar-"));
  to = join(here, "to");
  mkdirSync(to);
});
afterEach(() => rmSync(here, { recursive: true, force: true }));

const BASE = { mode: 0o644, size: 0, target: "", modified: new Date(0), uid: 0, gid: 0 };
type Made = Partial<NewEntry> & { path: string; content?: string };

function archive(...entries: Made[]): Buffer {
  const blocks = entries.flatMap(({ content = "", ...entry }) => [
    writeHeader({ ...BASE, kind: "file", size: content.length, ...entry }),
    Buffer.from(content),
    padding(content.length),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

async function* pieces(bytes: Buffer, length = 700): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe("an archive of ours", () => {
  test("is read by tar, with long names, links, empty files and large ones", async () => {
    const from = join(here, "from");
    const long = join("d".repeat(90), "e".repeat(90));
    mkdirSync(join(from, long), { recursive: true });
    writeFileSync(join(from, long, "f".repeat(120)), "deep");
    writeFileSync(join(from, "empty"), "");
    writeFileSync(join(from, "large"), Buffer.alloc(700_001, "x"), { mode: 0o751 });
    symlinkSync("t".repeat(150), join(from, "link"));
    const chunks: Buffer[] = [];
    for await (const chunk of pack(from, { as: "as", uid: 12, gid: 34 })) chunks.push(chunk);
    execFileSync("tar", ["-xpf", "-", "--no-same-owner", "-C", to], { input: Buffer.concat(chunks) });
    expect(readdirSync(join(to, "as")).toSorted()).toEqual(["d".repeat(90), "empty", "large", "link"]);
    expect(readFileSync(join(to, "as", long, "f".repeat(120)), "utf8")).toBe("deep");
    expect(statSync(join(to, "as", "large"))).toMatchObject({ size: 700_001, mode: 0o100751 });
    expect(readlinkSync(join(to, "as", "link"))).toBe("t".repeat(150));
  });
});

describe("an archive of tar's", () => {
  test.each(["gnu", "pax", "ustar"])("is read in the format %s", async (format) => {
    const from = join(here, "from");
    const name = format === "ustar" ? "n".repeat(90) : "n".repeat(180);
    mkdirSync(join(from, "sub"), { recursive: true });
    writeFileSync(join(from, "sub", name), "content");
    execFileSync("ln", [join(from, "sub", name), join(from, "hard")]);
    symlinkSync("sub", join(from, "link"));
    const made = execFileSync("tar", [`--format=${format}`, "-cf", "-", "-C", here, "from"]);
    expect(await unpack(pieces(made), to)).toEqual([]);
    expect(readFileSync(join(to, "from", "link", name), "utf8")).toBe("content");
    expect(readFileSync(join(to, "from", "hard"), "utf8")).toBe("content");
  });
});

describe("a hostile archive", () => {
  test("puts nothing outside: absolute names, steps upwards, links to follow, devices", async () => {
    const made = archive(
      { path: "/etc/planted", content: "x" },
      { path: "../planted", content: "x" },
      { path: "a/../../planted", content: "x" },
      { path: "out", kind: "link", target: ".." },
      { path: "out/planted", content: "x" },
      { path: "self", kind: "link", target: "." },
      { path: "trick", kind: "link", target: "self/.." },
      { path: "good", kind: "link", target: "a/b" },
      { path: "a/b", content: "fine" },
    );
    const leftOut = await unpack(pieces(made), to);
    expect(leftOut.map(({ path }) => path)).toEqual(["/etc/planted", "../planted", "a/../../planted", "out", "trick"]);
    expect(readdirSync(here)).toEqual(["to"]);
    expect(readFileSync(join(to, "good"), "utf8")).toBe("fine");
    expect(readFileSync(join(to, "out", "planted"), "utf8")).toBe("x"); // a folder of its own
  });

  test("gives no rights, writes no file twice, and is not believed about its size", async () => {
    await unpack(pieces(archive({ path: "tool", content: "one", mode: 0o6777 })), to);
    expect(statSync(join(to, "tool")).mode & 0o7777).toBe(0o777);
    expect(await unpack(pieces(archive({ path: "b", content: "1" }, { path: "b", content: "2" })), to)).toHaveLength(1);
    expect(readFileSync(join(to, "b"), "utf8")).toBe("1");
    const lies = writeHeader({ ...BASE, kind: "file", path: "huge", size: 8e9 });
    await expect(unpack(pieces(Buffer.concat([lies, Buffer.alloc(5000)])), to)).rejects.toThrow(/ends in the middle/);
    const limits = { bytes: 10, entries: 2 };
    await expect(unpack(pieces(archive({ path: "c", content: "12345678901" })), to, limits)).rejects.toThrow(
      /too large/,
    );
    const many = archive({ path: "d" }, { path: "e" }, { path: "f" });
    await expect(unpack(pieces(many), to, limits)).rejects.toThrow(/too large/);
  });

  test("of any bytes ends, with an error or without", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.nat(2000), async (noise, at) => {
        const bytes = archive({ path: "a", content: "content" }, { path: "b/c", kind: "link", target: "../a" });
        bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
        try {
          for await (const { content } of readTar(pieces(bytes))) for await (const _piece of content) continue;
        } catch (error) {
          expect(String(error)).toMatch(/the archive (is damaged|ends)/);
        }
      }),
    );
  });
});

describe("names", () => {
  test("that lead elsewhere are none", () => {
    expect(["a//b/./c", "./", "a/.../b"].map(partsOf)).toEqual([["a", "b", "c"], [], ["a", "...", "b"]]);
    expect(["/a", "..", "a/..", "a\0b"].map(partsOf)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("that links may have stay inside, wherever other links lead", () => {
    const inside = (path: string, target: string): boolean => staysInside(path.split("/"), target);
    expect([inside("l", "a/b"), inside("d/l", "../a"), inside("d/e/l", "../..")]).toEqual([true, true, true]);
    expect([
      inside("l", ".."),
      inside("d/l", "../.."),
      inside("l", "/etc"),
      inside("l", "a/../.."),
      inside("l", ""),
    ]).toEqual([false, false, false, false, false]);
  });
});
