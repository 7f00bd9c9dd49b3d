// What went through: counters, the last requests, and whoever listens to them on the control socket.

import { type EgressFinding, type EgressRequest, type EgressStatus, NO_TRAFFIC } from "#domain/egress/control.ts";

import { type ExchangeRecord, openRecord } from "./exchange-record.ts";

export interface TrafficLog {
  /** It is said to be open once it has lasted for a second. */
  began(record: ExchangeRecord): void;
  /** The operator is waited for, or not any more: said at once. */
  waits(record: ExchangeRecord, waiting: boolean): void;
  /** Called once for each request, when it has ended. */
  ended(request: EgressRequest): void;
  found(finding: EgressFinding): void;
  held(): void;
  /** Connections of clients. */
  opened(): void;
  closed(): void;
  /** Tunnels among them: call the result once when it is closed. */
  tunnel(): () => void;
  counters(): EgressStatus["counters"];
  /** Newest last; of one that has not ended, the last that was said. */
  recent(): readonly EgressRequest[];
  subscribe(seen: (request: EgressRequest) => void): () => void;
}

const MOST_RECENT = 200;
const LINES_A_SECOND = 50;
const LASTS_MS = 1000;

/** `line` gets one line for each request that has ended, at most 50 a second; what is left out is counted. */
export function openTrafficLog(line: (text: string) => void): TrafficLog {
  const counters = { ...NO_TRAFFIC };
  const recent = recentRequests();
  const listeners = new Set<(request: EgressRequest) => void>();
  const print = limitLines(line);
  const say = (request: EgressRequest): void => {
    recent.add(request);
    for (const seen of listeners) seen(request);
  };
  const lasting = watchLasting((record) => say(openRecord(record)));

  return {
    began: (record) => lasting.add(record),
    waits(record, waiting) {
      record.waiting = waiting;
      if (waiting) counters.held += 1;
      say(openRecord(record));
    },
    ended(request) {
      lasting.remove(request.id);
      if (request.verdict === "redact") counters.redacted += 1;
      if (request.verdict === "allow" || request.verdict === "redact") counters.allowed += 1;
      else counters.blocked += 1;
      counters.bytes_up += request.bytes_up;
      counters.bytes_down += request.bytes_down;
      say(request);
      print(describe(request));
    },
    found({ direction }) {
      if (direction === "outbound") counters.outbound_findings += 1;
      else counters.inbound_findings += 1;
    },
    held: () => void (counters.held += 1),
    opened: () => void (counters.open += 1),
    closed: () => void (counters.open -= 1),
    tunnel() {
      counters.tunnels += 1;
      return () => void (counters.tunnels -= 1);
    },
    counters: () => ({ ...counters }),
    recent: () => recent.all(),
    subscribe(seen) {
      listeners.add(seen);
      return () => listeners.delete(seen);
    },
  };
}

/** The last of them, each once: what is said later of the same request takes the place of what was said before. */
function recentRequests(): { add: (request: EgressRequest) => void; all: () => readonly EgressRequest[] } {
  const requests: EgressRequest[] = [];
  const open = new Set<number>();
  const add = (request: EgressRequest): void => {
    const known = open.has(request.id) ? requests.findIndex(({ id }) => id === request.id) : -1;
    if (request.open === true) open.add(request.id);
    else open.delete(request.id);
    if (known !== -1) requests.splice(known, 1);
    requests.push(request);
    if (requests.length > MOST_RECENT) requests.shift();
  };
  return { add, all: () => requests };
}

/** Calls once for each that is there for a second; one timer for all. */
function watchLasting(lasts: (record: ExchangeRecord) => void): {
  add: (record: ExchangeRecord) => void;
  remove: (id: number) => void;
} {
  const young = new Map<number, ExchangeRecord>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const record of young.values()) {
      if (now - record.began < LASTS_MS) return void (timer = after(LASTS_MS - (now - record.began)));
      young.delete(record.id);
      lasts(record);
    }
  };
  const after = (ms: number): NodeJS.Timeout => setTimeout(look, Math.max(50, ms)).unref();
  return {
    add(record) {
      young.set(record.id, record);
      timer ??= after(LASTS_MS);
    },
    remove: (id) => void young.delete(id),
  };
}

function describe({
  verdict,
  method,
  scheme,
  host,
  port,
  path,
  status,
  bytes_up,
  bytes_down,
  ms,
  rule,
}: EgressRequest): string {
  const usual = port === (scheme === "https" ? 443 : 80);
  const url = `${scheme}://${host}${usual ? "" : `:${port}`}${path}`;
  return `${verdict} ${method} ${url} ${status} up ${bytes_up} down ${bytes_down} ${ms} ms [${rule}]`;
}

function limitLines(line: (text: string) => void): (text: string) => void {
  let second = 0;
  let printed = 0;
  let left = 0;
  return (text) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      if (left > 0) line(`${left} more requests in that second`);
      second = now;
      printed = 0;
      left = 0;
    }
    if (printed >= LINES_A_SECOND) left += 1;
    else line(text);
    printed += 1;
  };
}
