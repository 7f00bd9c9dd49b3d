// `npm run soak [-- --requests 200000]`: a day of traffic in minutes. Mixed requests by many clients, while tables change,
// servers fail and the proxy is killed; then checks that nothing went out that no table of its time allowed, that no
// credential came back, and that neither memory nor sockets were left over. Exits 1 when one of these does not hold.

import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";

import { startEgress } from "#tests/helpers/egress/proxy.ts";

import { residentMemory } from "../process-figures.ts";
import { type Around, answers, KINDS, type Outcome } from "./kinds.ts";
import { allows, HOSTS, openTimeline, tableOfTurn } from "./tables.ts";
import { startSoakUpstream } from "./upstream.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "200000" },
    clients: { type: "string", default: "24" },
    seed: { type: "string", default: "1" },
    /** Only this kind of traffic: to find what leaves something behind. */
    kind: { type: "string" },
  },
});
const TOTAL = Number(values.requests);
const CLIENTS = Number(values.clients);
const TOKEN = "soak-token-0123456789abcdefghij";
/** Kills stop here, so that the rest shows whether one process grows. */
const KILLS_UNTIL = 0.3;
const WARM = 0.45;
const MOST_GROWTH_MB = 40;
const SAYS_SOMETHING = 100_000;
const KILL_IS_OVER_MS = 3000;

const random = randomFrom(Number(values.seed));
const upstream = await startSoakUpstream(TOKEN, random);
const pins = Object.fromEntries(HOSTS.map((host) => [host, upstream.pin]));
const timeline = openTimeline(0);
const egress = await startEgress({
  upstreamCa: upstream.ca,
  table: tableOfTurn(0, pins),
  tokens: { EGRESS_TOKEN_0: TOKEN },
});
const ca = await egress.ca();

const ends: Record<string, number> = {};
const perKind: Record<string, number> = {};
const wrong: string[] = [];
const run = { requests: 0, finished: false };
let made = 0;
let killedAt = -Infinity;
let turn = 0;
let reloads = 0;
let kills = 0;

const around: Omit<Around, "done"> = {
  socket: egress.paths.egress.socket,
  ca: () => ca,
  token: TOKEN,
  random,
  id: () => `r${(made += 1)}`,
  leaked: (where) => wrong.push(`the credential came back from ${where}`),
};

const began = performance.now();
const memory: { at: number; mb: number; sockets: number }[] = [];
const baseline = { sockets: openSockets(egress.pid) };
await Promise.all([...Array.from({ length: CLIENTS }, client), changeTables(), killNow(), sample()]);
const seconds = (performance.now() - began) / 1000;
const left = await whatIsLeft();
await egress.remove();
upstream.close();
report();

async function client(): Promise<void> {
  while (run.requests < TOTAL && wrong.length < 20) {
    const [name, kind] = nextKind();
    let asks = false;
    const id = (): string => {
      asks = true;
      return around.id();
    };
    const mine: Around = { ...around, id, done: (outcome) => judge(outcome, name) };
    try {
      await kind(mine);
      if (!asks) count(name); // it asks for nothing that could be judged
    } catch (error) {
      if (performance.now() - killedAt > KILL_IS_OVER_MS && (await answers(around.socket)))
        wrong.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      else await new Promise((resolve) => setTimeout(resolve, 20)); // it was killed, and is about to be back
    }
  }
  run.finished = true;
}

function count(kind: string): void {
  run.requests += 1;
  perKind[kind] = (perKind[kind] ?? 0) + 1;
}

function judge({ id, host, method, path, from, to, end }: Outcome, kind: string): void {
  run.requests += 1;
  ends[end] = (ends[end] ?? 0) + 1;
  perKind[kind] = (perKind[kind] ?? 0) + 1;
  const tables = timeline.between(from, to);
  const reached = upstream.reached.delete(id);
  const what = `${kind}: ${method} ${host}${path}`;
  if ((reached || end === "allowed") && !tables.some((one) => allows(one, host, method, path)))
    wrong.push(`${what} went out though no table of its time allows it`);
  if (end === "refused" && tables.every((one) => allows(one, host, method, path)))
    wrong.push(`${what} was refused though every table of its time allows it`);
  if (end === "refused" && reached) wrong.push(`${what} was refused and went out`);
}

function nextKind(): readonly [string, (around: Around) => Promise<void>] {
  const wanted = KINDS.filter(([, name]) => values.kind === undefined || name === values.kind);
  const all = wanted.reduce((sum, [weight]) => sum + weight, 0);
  let at = random() * all;
  for (const [weight, name, kind] of wanted) {
    at -= weight;
    if (at < 0) return [name, kind];
  }
  return [KINDS[0]![1], KINDS[0]![2]];
}

async function changeTables(): Promise<void> {
  while (!run.finished) {
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 400));
    turn += 1;
    reloads += 1;
    // A proxy that is being killed takes the table when it starts again.
    await timeline.change(turn, async () => {
      for (;;) {
        try {
          return await egress.setTable(tableOfTurn(turn, pins));
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    });
  }
}

async function killNow(): Promise<void> {
  for (const share of [0.06, 0.14, 0.22, KILLS_UNTIL]) {
    while (run.requests < TOTAL * share && !run.finished) await new Promise((resolve) => setTimeout(resolve, 20));
    if (run.finished) return;
    killedAt = performance.now();
    egress.signal("SIGKILL");
    await egress.restart();
    killedAt = performance.now();
    kills += 1;
  }
}

async function sample(): Promise<void> {
  while (!run.finished) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    try {
      memory.push({ at: run.requests / TOTAL, mb: residentMemory(egress.pid), sockets: openSockets(egress.pid) });
    } catch {} // between a kill and the restart
  }
}

function openSockets(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** All clients have gone: connections to servers are idle for 20 s at most, those of clients end at once. */
async function whatIsLeft(): Promise<{ open: number; tunnels: number; sockets: number }> {
  const limit = performance.now() + 40_000;
  for (;;) {
    const { counters } = await egress.status();
    const sockets = openSockets(egress.pid) - baseline.sockets;
    if ((counters.open === 0 && counters.tunnels === 0 && sockets <= 2) || performance.now() > limit)
      return { open: counters.open, tunnels: counters.tunnels, sockets };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function report(): void {
  const warm = memory.filter(({ at }) => at >= WARM && at < WARM + 0.15).map(({ mb }) => mb);
  const last = memory.filter(({ at }) => at >= 0.85).map(({ mb }) => mb);
  // A short run is over before memory has settled, and says nothing of growth.
  const growth = TOTAL < SAYS_SOMETHING ? 0 : middle(last) - middle(warm);
  if (growth > MOST_GROWTH_MB) wrong.push(`memory grew by ${Math.round(growth)} MB`);
  if (left.open > 0 || left.tunnels > 0 || left.sockets > 2) wrong.push(`left over: ${JSON.stringify(left)}`);
  if (upstream.leaks > 0) wrong.push(`the credential was in ${upstream.leaks} request bodies that went out`);
  const highest = Math.max(...memory.map(({ mb }) => mb));
  const lines = {
    requests: run.requests,
    seconds: Math.round(seconds),
    "requests a second": Math.round(run.requests / seconds),
    reloads,
    kills,
    "failures of servers": upstream.failures,
    ends,
    kinds: perKind,
    "memory, MB": { warm: Math.round(middle(warm)), end: Math.round(middle(last)), highest: Math.round(highest) },
    "most sockets": Math.max(...memory.map(({ sockets }) => sockets)),
    "left over": left,
    seed: values.seed,
  };
  for (const [name, value] of Object.entries(lines))
    console.log(`${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`);
  if (wrong.length === 0) return console.log("soak: all held");
  console.log(`soak: ${wrong.length} did not hold`);
  for (const line of wrong.slice(0, 20)) console.log(`  ${line}`);
  process.exitCode = 1;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Mulberry32: the same traffic for the same seed, as far as time allows. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
