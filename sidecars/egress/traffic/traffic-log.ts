// What went through: counters, the last requests, and whoever listens to them on the control socket.

import { type EgressRequest, type EgressStatus, NO_TRAFFIC } from "#domain/egress/control.ts";

export interface TrafficLog {
  /** Called once for each request, when it has ended. */
  ended(request: EgressRequest): void;
  held(): void;
  opened(): void;
  closed(): void;
  counters(): EgressStatus["counters"];
  /** Newest last. */
  recent(): readonly EgressRequest[];
  subscribe(seen: (request: EgressRequest) => void): () => void;
}

const MOST_RECENT = 200;
const LINES_A_SECOND = 50;

/** `line` gets one line for each request, at most 50 a second; what is left out is counted. */
export function openTrafficLog(line: (text: string) => void): TrafficLog {
  const counters = { ...NO_TRAFFIC };
  const recent: EgressRequest[] = [];
  const listeners = new Set<(request: EgressRequest) => void>();
  const print = limitLines(line);

  return {
    ended(request) {
      if (request.verdict === "allow") counters.allowed += 1;
      else counters.blocked += 1;
      recent.push(request);
      if (recent.length > MOST_RECENT) recent.shift();
      for (const seen of listeners) seen(request);
      print(describe(request));
    },
    held: () => void (counters.held += 1),
    opened: () => void (counters.open += 1),
    closed: () => void (counters.open -= 1),
    counters: () => ({ ...counters }),
    recent: () => recent,
    subscribe(seen) {
      listeners.add(seen);
      return () => listeners.delete(seen);
    },
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
