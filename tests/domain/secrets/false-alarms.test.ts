// What developers send all day: nothing in it may be stopped.

import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";

import { expect, test } from "vitest";

import { createSecretScanner } from "#domain/secrets/create-scanner.ts";

const root = join(import.meta.dirname, "../../..");
const scanner = createSecretScanner({ own: [] });

/** ssh2 tries whether its runtime knows Ed25519 with a private key that it carries: found rightly. */
const A_REAL_KEY = "ssh2/lib/protocol/constants.js";

/** What would stop it, in words that a failing test can show. */
function alarms(bytes: Uint8Array): string[] {
  const { matches, exhausted } = scanner.scan(bytes);
  const stopped = matches
    .filter(({ severity }) => severity === "block")
    .map(({ rule, start, end }) => `${rule}: ${Buffer.from(bytes.subarray(Math.max(0, start - 30), end)).toString()}`);
  return exhausted ? [...stopped, "exhausted"] : stopped;
}

test("the lock file of this repository", () => {
  const bytes = readFileSync(join(root, "package-lock.json"));
  expect(bytes.includes("sha512-")).toBe(true);
  expect(alarms(bytes)).toEqual([]);
});

test("all that is installed: bundles, source maps, types, documents, other lock files", { timeout: 60_000 }, () => {
  const files = textFiles(join(root, "node_modules"));
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
  expect([files.length > 2000, bytes > 20_000_000]).toEqual([true, true]);
  const found = files.flatMap((path) => alarms(readFileSync(path)).map((alarm) => `${path}: ${alarm}`));
  expect(found.filter((alarm) => !alarm.startsWith(join(root, "node_modules", A_REAL_KEY)))).toEqual([]);
});

test("the sources of this repository, but for its secrets' own tests", () => {
  const files = execFileSync("git", ["ls-files", "-z", "src", "sidecars", "components", "docs"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(root, path)));
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((path) => alarms(readFileSync(join(root, path))).map((alarm) => `${path}: ${alarm}`))).toEqual(
    [],
  );
});

test("images in base64, on one line and on many, and what else is compressed", () => {
  for (let seed = 0; seed < 40; seed += 1) {
    const pixels = deflateSync(drawn(`picture ${seed}`, 24_000));
    const png = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), pixels]);
    const text = png.toString("base64");
    expect(alarms(Buffer.from(`<img src="data:image/png;base64,${text}">`))).toEqual([]);
    expect(alarms(Buffer.from(text.replace(/.{64}/g, "$&\n")))).toEqual([]);
    expect(alarms(Buffer.from(text.replace(/.{76}/g, "$&\r\n")))).toEqual([]);
    expect(alarms(png)).toEqual([]);
  }
});

test("lists of git objects, hashes and identifiers", () => {
  const hashes = Array.from({ length: 4000 }, (_, index) => createHash("sha1").update(String(index)).digest("hex"));
  expect(
    alarms(Buffer.from(hashes.map((hash) => `100644 blob ${hash}\tsrc/${hash.slice(0, 7)}.ts`).join("\n"))),
  ).toEqual([]);
  expect(alarms(Buffer.from(hashes.map((hash) => `tree ${hash}\nparent ${hash}\n`).join("")))).toEqual([]);
  for (const [kind, encoding] of [
    ["md5", "hex"],
    ["sha256", "hex"],
    ["sha512", "base64"],
    ["sha256", "base64url"],
  ] as const) {
    const list = hashes.map((hash) => createHash(kind).update(hash).digest(encoding));
    expect(alarms(Buffer.from(list.join("\n")))).toEqual([]);
    expect(alarms(Buffer.from(JSON.stringify({ files: list, integrity: list[0] })))).toEqual([]);
  }
  expect(alarms(Buffer.from(Array.from({ length: 5000 }, () => randomUUID()).join("\n")))).toEqual([]);
});

test("tables of numbers, times and coordinates", () => {
  const rows = Array.from({ length: 4000 }, (_, row) => {
    const bytes = drawn(`row ${row}`, 8);
    return [2000 + (row % 30), 4000 + bytes[0]!, 5100 + bytes[1]!, 4900 + bytes[2]!, bytes.readUInt32BE(4)];
  });
  for (const separator of [" ", ",", "\t", "-"]) {
    expect(alarms(Buffer.from(rows.map((row) => row.join(separator)).join("\n")))).toEqual([]);
  }
  expect(
    alarms(Buffer.from(rows.map((row) => `M0.${row[4]}${row[4]} ${Date.now()}${row[1]}000 L-73.${row[4]}`).join(" "))),
  ).toEqual([]);
});

test("prose, and the list that seed phrases are made of", () => {
  const words = readFileSync(join(root, "node_modules/@scure/bip39/wordlists/english.js"));
  expect(alarms(words)).toEqual([]);
  expect(alarms(Buffer.from(words.toString().replace(/\n/g, " ")))).toEqual([]);
});

function textFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:[cm]?[jt]sx?|json|map|md|ya?ml|css|html|txt)$|^LICENSE/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
}

function drawn(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 64 < length; block += 1)
    blocks.push(createHash("sha512").update(`${seed} ${block}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
