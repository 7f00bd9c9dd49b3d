// The egress proxy under traffic, beside mitmproxy in the same run: both intercept TLS and inject a credential; ours scans
// as well. Contenders take turns.

import type { BenchId } from "../budgets.ts";
import { processorTime, residentMemory } from "../process-figures.ts";
import type { Reading } from "../reading.ts";
import { median } from "../statistics.ts";
import { type Contender, openTrafficWorld } from "../traffic/world.ts";

import { rounds, type Effort } from "./effort.ts";

const MISSING = "mitmproxy is not installed: `npm run bench -- --setup` installs Debian's package, as root";
const BULK = 100e6;
const LONG_BULK = 400e6;
const MB = 1e6;

export async function measureEgressTraffic(effort: Effort): Promise<Reading[]> {
  const world = await openTrafficWorld();
  try {
    const { direct, ours, mitmproxy } = world;
    const contenders = [direct, ours, ...(mitmproxy === undefined ? [] : [mitmproxy])];
    const growth = await memoryGrowth(ours); // first: later it has grown already
    const latency = await latencies(contenders, effort);
    const load = await loads([ours, ...(mitmproxy === undefined ? [] : [mitmproxy])], effort);
    const bulk = await bulks([ours, ...(mitmproxy === undefined ? [] : [mitmproxy])], effort);
    const memory: Reading = { id: "egress.bulk.memory", value: growth.value, note: growth.note };
    if (mitmproxy === undefined) return [...unmeasured(), memory];
    const added = (name: string): number => latency(name) - latency("direct");
    const mine = load(ours.name);
    const theirs = load(mitmproxy.name);
    const [ourBulk, theirBulk] = [bulk(ours.name), bulk(mitmproxy.name)];
    return [
      {
        id: "egress.latency",
        value: added(ours.name),
        against: added(mitmproxy.name),
        note: `direct ${ms(latency("direct"))}`,
      },
      { id: "egress.rps", value: mine.perSecond, against: theirs.perSecond, note: "16 connections" },
      { id: "egress.cpu", value: mine.microseconds, against: theirs.microseconds, note: "16 connections" },
      bulkReading("egress.bulk.down", ourBulk.down, theirBulk.down, "100 MB"),
      bulkReading("egress.bulk.up", ourBulk.up, theirBulk.up, "100 MB of text, which ours scans"),
      memory,
    ];
  } finally {
    await world.close();
  }
}

function bulkReading(id: BenchId, ours: Bulk, theirs: Bulk, what: string): Reading {
  const processor = `processor ${Math.round(ours.processor)} ms against ${Math.round(theirs.processor)}`;
  return { id, value: ours.rate, against: theirs.rate, note: `${what}; ${processor}` };
}

function unmeasured(): Reading[] {
  const ids = ["egress.latency", "egress.rps", "egress.cpu", "egress.bulk.down", "egress.bulk.up"] as const;
  return ids.map((id) => ({ id, unmeasured: MISSING }));
}

/** Median of the medians of each round, in milliseconds: one connection, one request after the other. */
async function latencies(contenders: readonly Contender[], effort: Effort): Promise<(name: string) => number> {
  const medians = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds(effort); round += 1) {
    for (const { name, run } of contenders) {
      const { p50 } = await run({ kind: "small", connections: 1, forMs: 500, bytes: 0 });
      if (round >= 0) medians.get(name)?.push(p50);
    }
  }
  return (name) => median(medians.get(name) ?? []);
}

interface Load {
  readonly perSecond: number;
  /** Of the proxy's processor, for each request. */
  readonly microseconds: number;
}

async function loads(contenders: readonly Contender[], effort: Effort): Promise<(name: string) => Load> {
  const taken = new Map<string, Load[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds(effort); round += 1) {
    for (const { name, pid, run } of contenders) {
      const before = processorTime(pid!);
      const { requests, seconds } = await run({ kind: "small", connections: 16, forMs: 1500, bytes: 0 });
      const microseconds = ((processorTime(pid!) - before) * 1e6) / requests;
      if (round >= 0) taken.get(name)?.push({ perSecond: requests / seconds, microseconds });
    }
  }
  return (name) => {
    const all = taken.get(name) ?? [];
    return {
      perSecond: median(all.map(({ perSecond }) => perSecond)),
      microseconds: median(all.map(({ microseconds }) => microseconds)),
    };
  };
}

interface Bulk {
  /** MB/s. */
  readonly rate: number;
  /** Of the proxy's processor, in milliseconds. */
  readonly processor: number;
}

async function bulks(
  contenders: readonly Contender[],
  effort: Effort,
): Promise<(name: string) => { readonly down: Bulk; readonly up: Bulk }> {
  const taken = new Map<string, { down: Bulk[]; up: Bulk[] }>(
    contenders.map(({ name }) => [name, { down: [], up: [] }]),
  );
  for (let round = -1; round < Math.min(rounds(effort), 7); round += 1) {
    for (const { name, pid, run } of contenders) {
      for (const kind of ["down", "up"] as const) {
        const before = processorTime(pid!);
        const { seconds } = await run({ kind, connections: 1, forMs: 0, bytes: BULK });
        const processor = (processorTime(pid!) - before) * 1000;
        if (round >= 0) taken.get(name)?.[kind].push({ rate: BULK / MB / seconds, processor });
      }
    }
  }
  const middle = (all: readonly Bulk[]): Bulk => ({
    rate: median(all.map(({ rate }) => rate)),
    processor: median(all.map(({ processor }) => processor)),
  });
  return (name) => ({ down: middle(taken.get(name)?.down ?? []), up: middle(taken.get(name)?.up ?? []) });
}

/** Megabytes that the proxy is larger at most, while 400 MB go each way. */
async function memoryGrowth({ pid, run }: Contender): Promise<{ value: number; note: string }> {
  const before = residentMemory(pid!);
  let highest = before;
  const watch = setInterval(() => (highest = Math.max(highest, residentMemory(pid!))), 20);
  try {
    for (const kind of ["down", "up"] as const) await run({ kind, connections: 1, forMs: 0, bytes: LONG_BULK });
  } finally {
    clearInterval(watch);
  }
  return { value: highest - before, note: `400 MB each way, from ${Math.round(before)} MB` };
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
