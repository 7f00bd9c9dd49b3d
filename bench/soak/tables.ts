// The tables that take turns, and a model of them that is simpler than the proxy's own: what each allows, and which were in
// force at some time while a request was under way.

import type { RouteTable, TableRoute } from "#domain/egress/route.ts";

export const HOSTS = ["a.example.com", "b.example.com", "c.example.com"] as const;
export type Host = (typeof HOSTS)[number];

interface Rule {
  readonly host: Host;
  readonly prefix?: "/v1";
  readonly methods?: readonly string[];
}

/** Each is what one table allows. */
const RULES: readonly (readonly Rule[])[] = [
  [{ host: "a.example.com" }, { host: "b.example.com", prefix: "/v1", methods: ["GET"] }],
  [{ host: "a.example.com", prefix: "/v1" }, { host: "b.example.com" }, { host: "c.example.com" }],
  [{ host: "b.example.com", methods: ["GET"] }, { host: "c.example.com" }],
  [{ host: "a.example.com" }, { host: "c.example.com", prefix: "/v1" }],
];

const TABLE_COUNT = RULES.length;

export function tableOfTurn(turn: number, pins: Readonly<Record<string, string>>): Partial<RouteTable> {
  const rules = RULES[turn % TABLE_COUNT] ?? [];
  return { hosts: { ...pins }, routes: rules.map(routeOf) };
}

function routeOf({ host, prefix, methods }: Rule): TableRoute {
  return {
    host,
    dlp: { outbound_on_match: "block" },
    ...(host === "a.example.com" ? { auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } } : {}),
    ...(prefix === undefined ? {} : { path_allowlist: [prefix] }),
    ...(methods === undefined ? {} : { methods: [...methods] }),
  };
}

/** Whether the table of a turn allows it; `path` is plain. */
export function allows(turn: number, host: string, method: string, path: string): boolean {
  return (RULES[turn % TABLE_COUNT] ?? []).some(
    (rule) =>
      rule.host === host &&
      (rule.methods === undefined || rule.methods.includes(method)) &&
      (rule.prefix === undefined || path === rule.prefix || path.startsWith(`${rule.prefix}/`)),
  );
}

export interface Timeline {
  /** A table is about to be written; resolves when it is in force. */
  change(turn: number, write: () => Promise<void>): Promise<void>;
  /** The turns whose table may have been in force between the two moments. */
  between(from: number, to: number): number[];
}

export function openTimeline(first: number): Timeline {
  const spans: { turn: number; from: number; to: number }[] = [{ turn: first, from: 0, to: Infinity }];
  return {
    async change(turn, write) {
      const before = spans.at(-1);
      spans.push({ turn, from: performance.now(), to: Infinity });
      await write();
      if (before !== undefined) before.to = performance.now();
    },
    between: (from, to) => spans.filter((span) => span.from <= to && span.to >= from).map(({ turn }) => turn),
  };
}
