// What is measured, in which unit, and what it may cost: one table for the benchmark, its report and the documents.

export interface Budget {
  readonly what: string;
  readonly unit: "ms" | "µs" | "%" | "MB" | "MB/s" | "requests/s" | "lines/s" | "bytes";
  /** What the value, or its ratio to `against`, is held to. */
  readonly bound: "value" | "ratio";
  readonly against?: string;
  readonly limit: { readonly atMost: number } | { readonly atLeast: number };
}

const floor = "node -e 0";
const rival = "mitmproxy";

export const budgets = {
  "start.first-frame": {
    what: "process start to the first complete frame, 10 bottles",
    unit: "ms",
    bound: "ratio",
    against: floor,
    limit: { atMost: 3.5 },
  },
  "start.headless": {
    what: "list --json, 10 bottles",
    unit: "ms",
    bound: "ratio",
    against: floor,
    limit: { atMost: 2 },
  },
  "idle.cpu": {
    what: "CPU of the open dashboard, 20 idle bottles; nothing drawn",
    unit: "%",
    bound: "value",
    limit: { atMost: 0.5 },
  },
  "key.latency": { what: "key to changed frame, idle, p95", unit: "ms", bound: "value", limit: { atMost: 50 } },
  "key.latency.flood": {
    what: "key to changed frame, p95, while 8 bottles log 10,000 lines/s in all",
    unit: "ms",
    bound: "value",
    limit: { atMost: 80 },
  },
  "dash.rss": {
    what: "RSS of the open dashboard, 20 bottles, one live screen",
    unit: "MB",
    bound: "value",
    limit: { atMost: 130 },
  },
  "log.throughput": {
    what: "log lines taken in while 25 frames a second or more go out",
    unit: "lines/s",
    bound: "value",
    limit: { atLeast: 300_000 },
  },
  "mem.flood": { what: "growth of RSS over 2 million log lines", unit: "MB", bound: "value", limit: { atMost: 40 } },
  "frame.bytes": {
    what: "bytes written for one new log line at 200x50",
    unit: "bytes",
    bound: "ratio",
    against: "the changed lines",
    limit: { atMost: 3 },
  },
  "proposal.row": {
    what: "proposal written to its row on the screen, p95",
    unit: "ms",
    bound: "value",
    limit: { atMost: 150 },
  },
  "proposal.answer": {
    what: "decision key to the agent's answer, p95",
    unit: "ms",
    bound: "value",
    limit: { atMost: 150 },
  },
  "launch.local": {
    what: "start to the agent's first byte, local",
    unit: "ms",
    bound: "value",
    limit: { atMost: 1500 },
  },
  // "1.5 x by hand + 1 s" is read as 1.5 x t + 1 s, the stricter way: as a ratio, against t and two thirds of a second.
  "launch.docker": {
    what: "start to the agent's first byte, docker, images built",
    unit: "ms",
    bound: "ratio",
    against: "docker run of the two containers by hand, + 1 s / 1.5",
    limit: { atMost: 1.5 },
  },
  "docker.list.200": {
    what: "200 real containers listed by our backend",
    unit: "ms",
    bound: "ratio",
    against: "one list call to the engine",
    limit: { atMost: 1.5 },
  },
  "bundle.memory": {
    what: "PSS of all sidecars of one idle bottle: init, egress, supervise, git-gate",
    unit: "MB",
    bound: "value",
    limit: { atMost: 180 },
  },
  "git.push": {
    what: "50 MB pushed through the git gate, scanned",
    unit: "ms",
    bound: "ratio",
    against: "a direct push over ssh",
    limit: { atMost: 2 },
  },
  "egress.start": {
    what: "egress proxy, start to listening",
    unit: "ms",
    bound: "ratio",
    against: floor,
    limit: { atMost: 3 },
  },
  "egress.latency": {
    what: "what the proxy adds to a kept-alive intercepted GET, scanned, p50",
    unit: "ms",
    bound: "ratio",
    against: rival,
    limit: { atMost: 0.3 },
  },
  "egress.rps": {
    what: "requests a second, intercepted, scanned, credential injected",
    unit: "requests/s",
    bound: "ratio",
    against: rival,
    limit: { atLeast: 6 },
  },
  "egress.cpu": {
    what: "processor time for each of these requests",
    unit: "µs",
    bound: "ratio",
    against: rival,
    limit: { atMost: 0.15 },
  },
  "egress.bulk.down": {
    what: "100 MB down",
    unit: "MB/s",
    bound: "ratio",
    against: `${rival}, streaming`,
    limit: { atLeast: 1 },
  },
  "egress.bulk.up": {
    what: "100 MB up, scanned",
    unit: "MB/s",
    bound: "ratio",
    against: `${rival}, streaming, not scanned`,
    limit: { atLeast: 0.8 },
  },
  "egress.bulk.memory": {
    what: "growth of the proxy while 400 MB go each way",
    unit: "MB",
    bound: "value",
    limit: { atMost: 48 },
  },
  "egress.rss": { what: "RSS of the idle egress proxy", unit: "MB", bound: "value", limit: { atMost: 90 } },
  "egress.scan": {
    what: "secrets looked for in bodies of 1 MB of text, all rules, by CPU time",
    unit: "MB/s",
    bound: "ratio",
    against: "a loop of separate regular expressions",
    limit: { atLeast: 8 },
  },
  "egress.scan.hostile": {
    what: "secrets looked for in 1 MB of the text that is worst for them, by CPU time",
    unit: "MB/s",
    bound: "value",
    limit: { atLeast: 20 },
  },
} as const satisfies Record<string, Budget>;

export type BenchId = keyof typeof budgets;

export function isBenchId(text: string): text is BenchId {
  return Object.hasOwn(budgets, text);
}
