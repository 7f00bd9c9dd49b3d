// A console in memory that behaves as the real one: the same answers, conflicts and events, without files or processes.

import { createHash } from "node:crypto";

import type { LaunchStep, Terminal } from "#contracts/backend.ts";
import type { AgentChoice, BackendChoice, Console, CrashLog, LogLine, Preflight } from "#contracts/console.ts";
import type { AuditEntry } from "#domain/audit/entry.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { NO_TRAFFIC, type EgressRequest, type EgressStatus, type EgressVerdict } from "#domain/egress/control.ts";
import type { RouteTable } from "#domain/egress/route.ts";
import { parseRouteTable, renderRouteTable } from "#domain/egress/table.ts";
import type { BottleRow, Fleet, InboxItem } from "#domain/fleet/fleet.ts";
import type { ShellEvent } from "#domain/guest-agent/protocol.ts";
import type { Decision } from "#domain/proposal/decision.ts";
import { digestInput, type Proposal } from "#domain/proposal/proposal.ts";

export interface ScriptedConsole extends Console {
  readonly script: Script;
}

/** What the test makes happen. */
export interface Script {
  bottle(row: Partial<BottleRow> & { slug: string }): void;
  removeBottle(slug: string): void;
  proposal(draft: ProposalDraft): Proposal;
  /** Somebody else decides. */
  decideElsewhere(id: string, by: string): void;
  /** The proxy saw the approved rule being used. */
  used(id: string, count: number): void;
  archive(id: string): void;
  log(slug: string, ...lines: (string | Partial<LogLine>)[]): void;
  screen(slug: string): ScriptedScreen;
  /** What is not said is what an allowed GET has; the same `id` says more of the same request. */
  request(slug: string, request: Partial<EgressRequest>): EgressRequest;
  table(slug: string, table: Partial<RouteTable>): void;
  egressStatus(slug: string): EgressStatus;
  readonly egress: {
    counters: Partial<EgressStatus["counters"]>;
    reloadError: string | undefined;
    verdict: EgressVerdict;
  };
  problem(where: string, message: string | null): void;
  agents: AgentChoice[];
  backends: BackendChoice[];
  /** What a bottle is made from, by slug. */
  readonly dockerfiles: Record<string, string>;
  /** What the next approvals tell of a rebuild, before they are applied. */
  rebuilding: LaunchStep[];
  host(name: string, up: boolean, detail?: string): void;
  crashLogs: CrashLog[];
  preflight: Partial<Preflight>;
  /** Fails the next call of this name. */
  failNext(call: string, error: Error): void;
  /** What was asked of the console, in order. */
  readonly calls: readonly { readonly name: string; readonly args: readonly unknown[] }[];
}

export interface ScriptedScreen {
  cols: number;
  rows: number;
  snapshot: string;
  emit(event: ShellEvent): void;
  output(data: string): void;
  readonly typed: string[];
  readonly resizes: (readonly [number, number])[];
  readonly viewers: number;
}

export type ProposalDraft = Pick<Proposal, "kind" | "payload"> & {
  bottle_slug: string;
  id?: string;
  justification?: string;
  origin?: Proposal["origin"];
  deadline?: string;
  created_at?: string;
};

const FIRST_TABLE: RouteTable = {
  version: 1,
  on_unknown_host: "hold",
  hold_seconds: 60,
  hosts: {},
  routes: [{ host: "api.example.com" }],
};

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const EMPTY: Fleet = { bottles: [], inbox: [], hosts: {}, problems: {} };

export function scriptedConsole({ root = "/nowhere", now = () => new Date() } = {}): ScriptedConsole {
  let fleet = EMPTY;
  const listeners = new Set<() => void>();
  const calls: { name: string; args: readonly unknown[] }[] = [];
  const failures = new Map<string, Error>();
  const logs = new Map<string, { lines: LogLine[]; followers: Set<(line: LogLine) => void> }>();
  const screens = new Map<string, ScreenOfBottle>();
  const requests = new Map<string, { seen: EgressRequest[]; followers: Set<(request: EgressRequest) => void> }>();
  const tables = new Map<string, { table: RouteTable; version: number }>();
  let ids = 0;

  const change = (next: Partial<Fleet>): void => {
    fleet = { ...fleet, ...next };
    for (const listener of listeners) listener();
  };
  const called = async (name: string, ...args: readonly unknown[]): Promise<void> => {
    calls.push({ name, args });
    await Promise.resolve();
    const failure = failures.get(name);
    failures.delete(name);
    if (failure !== undefined) throw failure;
  };
  const itemOf = (id: string): InboxItem => {
    const item = fleet.inbox.find(({ proposal }) => proposal.id === id);
    if (item === undefined) throw new BottleError("not-found", "there is no such proposal", { where: id });
    return item;
  };
  const setItem = (id: string, update: (item: InboxItem) => InboxItem): void => {
    const inbox = fleet.inbox.map((item) => (item.proposal.id === id ? update(item) : item));
    change({ inbox, bottles: fleet.bottles.map((bottle) => ({ ...bottle, pending: pendingOf(inbox, bottle.slug) })) });
  };
  const decide = (
    id: string,
    digest: string,
    decision: Pick<Decision, "status" | "scope" | "notes"> & Partial<Decision>,
    by = "operator@test (1)",
  ): Decision => {
    const item = itemOf(id);
    if (item.decision !== null)
      throw new BottleError("conflict", `it was decided already by ${item.decision.decided_by}`, { where: id });
    if (digest !== item.proposal.digest)
      throw new BottleError("invalid", "this is not the proposal that was shown", { where: id });
    const applied =
      decision.status === "rejected"
        ? { ok: true, detail: "the agent was told" }
        : { ok: true, detail: "live in policy v2", policy_version: 2 };
    const full: Decision = {
      version: 1,
      id,
      digest,
      decided_by: by,
      decided_at: now().toISOString(),
      applied,
      ...decision,
    };
    setItem(id, (before) => ({ ...before, decision: full }));
    return full;
  };
  const logOf = (slug: string) =>
    getOr(logs, slug, () => ({ lines: [], followers: new Set<(line: LogLine) => void>() }));
  const requestsOf = (slug: string) =>
    getOr(requests, slug, () => ({ seen: [], followers: new Set<(request: EgressRequest) => void>() }));
  const tableOf = (slug: string) => getOr(tables, slug, () => ({ table: FIRST_TABLE, version: 1 }));
  const screenOf = (slug: string): ScreenOfBottle => getOr(screens, slug, () => new ScreenOfBottle());

  const script: Script = {
    bottle(row) {
      const before = fleet.bottles.find(({ slug }) => slug === row.slug);
      const next: BottleRow = {
        ...(before ?? aBottle(row.slug, now())),
        ...row,
        pending: pendingOf(fleet.inbox, row.slug),
      };
      const others = fleet.bottles.filter(({ slug }) => slug !== row.slug);
      change({
        bottles: [...others, next].toSorted((a, b) => compare(a.started_at, b.started_at) || compare(a.slug, b.slug)),
      });
    },
    removeBottle: (slug) => change({ bottles: fleet.bottles.filter((bottle) => bottle.slug !== slug) }),
    proposal(draft) {
      ids += 1;
      const rest = {
        version: 1,
        id: `p${String(ids).padStart(9, "0")}`,
        created_at: now().toISOString(),
        justification: "",
        origin: "mcp",
        ...draft,
      } as Omit<Proposal, "digest">;
      const proposal = {
        ...rest,
        digest: `sha256:${createHash("sha256").update(digestInput(rest)).digest("hex")}`,
      } as Proposal;
      const inbox = [...fleet.inbox, { proposal, seen: null, decision: null, undo: null, use: null }];
      change({
        inbox,
        bottles: fleet.bottles.map((bottle) => ({ ...bottle, pending: pendingOf(inbox, bottle.slug) })),
      });
      return proposal;
    },
    decideElsewhere: (id, by) =>
      void decide(id, itemOf(id).proposal.digest, { status: "approved", scope: "session", notes: "" }, by),
    used: (id, count) =>
      setItem(id, (item) => ({ ...item, use: { count, first_at: now().toISOString(), last_at: now().toISOString() } })),
    archive: (id) => change({ inbox: fleet.inbox.filter(({ proposal }) => proposal.id !== id) }),
    log(slug, ...lines) {
      const log = logOf(slug);
      for (const entry of lines) {
        const line = {
          at: now().toISOString(),
          source: "agent",
          text: "",
          ...(typeof entry === "string" ? { text: entry } : entry),
        };
        log.lines.push(line);
        for (const follower of log.followers) follower(line);
      }
    },
    screen: screenOf,
    request(slug, more) {
      const log = requestsOf(slug);
      const request = { ...aRequest(log.seen.length, now()), ...more };
      const before = more.id === undefined ? -1 : log.seen.findIndex(({ id }) => id === more.id);
      if (before === -1) log.seen.push(request);
      else log.seen[before] = request;
      for (const follower of log.followers) follower(request);
      return request;
    },
    egressStatus: (slug) => statusOfEgress(slug),
    table: (slug, table) => void tables.set(slug, { table: { ...FIRST_TABLE, ...table }, version: 2 }),
    egress: {
      counters: {},
      reloadError: undefined,
      verdict: {
        verdict: "block",
        rule: "unknown host",
        reason: "no rule allows it",
        steps: [{ step: "match", state: "no", detail: "no rule is about this host" }],
      },
    },
    problem(where, message) {
      const { [where]: _solved, ...problems } = fleet.problems;
      change({ problems: message === null ? problems : { ...problems, [where]: message } });
    },
    agents: [{ name: "demo", from: "root", bottle: "demo", provider: "command", backend: "local", problem: undefined }],
    backends: [],
    dockerfiles: {},
    rebuilding: [],
    host: (name, up, detail = "") => change({ hosts: { ...fleet.hosts, [name]: { up, detail } } }),
    crashLogs: [],
    preflight: {},
    failNext: (name, error) => void failures.set(name, error),
    calls,
  };

  const statusOfEgress = (slug: string): EgressStatus => {
    const { seen } = requestsOf(slug);
    const { table, version } = tableOf(slug);
    const verdicts = (wanted: EgressRequest["verdict"]): number =>
      seen.filter(({ verdict }) => verdict === wanted).length;
    const findings = seen.flatMap((request) => request.findings ?? []);
    const counters = {
      ...NO_TRAFFIC,
      allowed: verdicts("allow"),
      blocked: verdicts("block"),
      held: verdicts("hold"),
      redacted: verdicts("redact"),
      outbound_findings: findings.filter(({ direction }) => direction === "outbound").length,
      inbound_findings: findings.filter(({ direction }) => direction === "inbound").length,
    };
    return {
      version,
      table_digest: sha256(renderRouteTable(table)),
      table,
      counters: { ...counters, ...script.egress.counters },
      recent: seen.slice(-100),
      ...(script.egress.reloadError === undefined ? {} : { reload_error: script.egress.reloadError }),
    };
  };

  return {
    root,
    script,
    fleet: () => fleet,
    snapshot: async () => fleet,
    start: () => called("start"),
    definitions: () => Promise.reject(new BottleError("failed", "the scripted console has no definitions")),
    verifyAudit: async () => [],
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    async agents() {
      await called("agents");
      return script.agents;
    },
    get backends() {
      return script.backends;
    },
    async probeBackends() {
      await called("probeBackends");
      return script.backends;
    },
    async dockerfile(slug) {
      await called("dockerfile", slug);
      return script.dockerfiles[slug];
    },
    async preflight(request) {
      await called("preflight", request);
      const questions = (script.preflight.questions ?? []).filter(({ name }) => request.answers?.[name] === undefined);
      const lines = [
        { label: "bottle", text: "demo" },
        { label: "label", text: request.label ?? "none" },
      ];
      return { slug: `${request.agent}-fresh`, lines, warnings: [], ...script.preflight, request, questions };
    },
    async launch({ slug, request }, progress, signal) {
      progress({ type: "step", step: "sidecars", state: "started" });
      progress({ type: "output", step: "sidecars", text: "egress is listening" });
      await called("launch", slug);
      signal.throwIfAborted();
      progress({ type: "step", step: "sidecars", state: "done" });
      script.bottle({ slug, agent: request.agent, label: request.label ?? "" });
      return slug;
    },
    async resume(slug, progress) {
      progress({ type: "step", step: "agent", state: "started" });
      await called("resume", slug);
      script.bottle({ slug, state: "busy", exit_code: null });
    },
    async stop(slug) {
      await called("stop", slug);
      script.bottle({ slug, state: "stopped" });
    },
    end: () => Promise.reject(new BottleError("failed", "the scripted console's agents do not end")),
    explain: () => Promise.reject(new BottleError("failed", "the scripted console explains nothing")),
    cleanupPlan: async () => [],
    cleanup: async () => {},
    async attach(slug) {
      await called("attach", slug);
      return screenOf(slug).view();
    },
    async exec(slug, command) {
      await called("exec", slug, command);
      return { exitCode: 0, stdout: "", stderr: "", cut: false };
    },
    async copyIn(slug, from, to) {
      await called("copyIn", slug, from, to);
    },
    async copyOut(slug, from, to) {
      await called("copyOut", slug, from, to);
      return { leftOut: [] };
    },
    async logs(slug, { tail, follow }, line, signal) {
      await called("logs", slug);
      const log = logOf(slug);
      for (const old of log.lines.slice(tail === undefined ? 0 : -tail)) line(old);
      if (follow !== true) return;
      log.followers.add(line);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      log.followers.delete(line);
    },
    async crashLogs() {
      await called("crashLogs");
      return script.crashLogs;
    },
    async approve(id, options, progress) {
      for (const step of script.rebuilding) progress?.(step);
      await called("approve", id, options);
      const { digest, scope, notes = "", payload, expiresAt } = options;
      const changed = payload === undefined ? {} : { final_payload: payload as NonNullable<Decision["final_payload"]> };
      const status = payload === undefined ? "approved" : "modified";
      return decide(id, digest, {
        status,
        scope,
        notes,
        ...changed,
        ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
      });
    },
    async reject(id, options) {
      await called("reject", id, options);
      return decide(id, options.digest, { status: "rejected", scope: "once", notes: options.reason });
    },
    async undo(id, notes) {
      await called("undo", id, notes);
      const { proposal } = itemOf(id);
      const undo = {
        version: 1,
        id,
        digest: proposal.digest,
        notes,
        decided_by: "operator@test (1)",
        decided_at: now().toISOString(),
        applied: { ok: true, detail: "the rule is gone" },
      } as const;
      setItem(id, (item) => ({ ...item, undo }));
      return undo;
    },
    proposal: async (id) => itemOf(id),
    history: async () => [...fleet.inbox],
    egress: {
      credentials: async () => ({}),
      async status(slug) {
        await called("egress.status", slug);
        return statusOfEgress(slug);
      },
      async test(slug, url, method) {
        await called("egress.test", slug, url, method);
        return script.egress.verdict;
      },
      add: async (slug) => statusOfEgress(slug),
      remove: async (slug) => statusOfEgress(slug),
      seen: async () => ({ since: now().toISOString(), requests: [], left_out: 0 }),
      async tableText(slug) {
        await called("egress.tableText", slug);
        const text = renderRouteTable(tableOf(slug).table);
        return { text, digest: sha256(text) };
      },
      async editTable(slug, text, base) {
        await called("egress.editTable", slug, text, base);
        const { table, version } = tableOf(slug);
        const next = parseRouteTable(text);
        if (base !== undefined && base !== sha256(renderRouteTable(table)))
          throw new BottleError("conflict", "the table was changed by somebody else meanwhile", { where: slug });
        tables.set(slug, { table: next, version: version + 1 });
        return statusOfEgress(slug);
      },
      async allow(slug, request, shown) {
        await called("egress.allow", slug, request, shown);
        return { detail: `allowed until this bottle stops: ${request.host}` };
      },
      async deny(slug, request, reason) {
        await called("egress.deny", slug, request, reason);
        return { detail: `the rule on ${request.host} is gone` };
      },
      async requests(slug, request, signal) {
        const log = requestsOf(slug);
        log.followers.add(request);
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        log.followers.delete(request);
      },
    },
    async audit(slug) {
      await called("audit", slug);
      return [anAuditEntry(slug, now())];
    },
    doctor: async () => [],
    close: async () => {},
  };
}

class ScreenOfBottle implements ScriptedScreen {
  cols = 80;
  rows = 24;
  snapshot = "";
  readonly typed: string[] = [];
  readonly resizes: (readonly [number, number])[] = [];
  readonly #queues = new Set<(event: ShellEvent | null) => void>();

  get viewers(): number {
    return this.#queues.size;
  }

  emit(event: ShellEvent): void {
    for (const push of this.#queues) push(event);
  }

  output(data: string): void {
    this.snapshot += data;
    this.emit({ type: "output", data, cursor: this.snapshot.length });
  }

  view(): Terminal {
    const { promise: ended, resolve: end } = Promise.withResolvers<null>();
    const waiting: ShellEvent[] = [];
    let wake: (() => void) | undefined;
    let closed = false;
    const push = (event: ShellEvent | null): void => {
      if (event === null) closed = true;
      else waiting.push(event);
      wake?.();
    };
    this.#queues.add(push);
    async function* events(): AsyncGenerator<ShellEvent> {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) {
          yield next;
          if (next.type === "exit") return;
        } else if (closed) return;
        else {
          await Promise.race([ended, new Promise<void>((resolve) => (wake = resolve))]);
        }
      }
    }
    return {
      cols: this.cols,
      rows: this.rows,
      snapshot: this.snapshot,
      events: events(),
      write: (data) => void this.typed.push(data),
      resize: (cols, rows) => {
        this.resizes.push([cols, rows]);
        if (cols === this.cols && rows === this.rows) return;
        this.cols = cols;
        this.rows = rows;
        this.emit({ type: "resize", cols, rows });
      },
      signal: async () => {},
      detach: () => {
        this.#queues.delete(push);
        push(null);
        end(null);
      },
    };
  }
}

function aBottle(slug: string, at: Date): BottleRow {
  return {
    slug,
    agent: slug.replace(/-[^-]*$/, ""),
    bottle: "demo",
    provider: "command",
    backend: "local",
    host: "",
    state: "busy",
    since: at.toISOString(),
    started_at: at.toISOString(),
    label: "",
    color: "",
    pending: 0,
    alarms: 0,
    exit_code: null,
    signal: null,
    isolation: {
      mechanism: "bubblewrap",
      proved_at: at.toISOString(),
      checks: [
        {
          name: "no route to an address outside",
          ok: true,
          evidence: "connect to 192.0.2.1:443 failed: ENETUNREACH",
          required: true,
        },
      ],
    },
    stats: null,
    last_line: "",
    down: {},
  };
}

function aRequest(id: number, at: Date): EgressRequest {
  return {
    id,
    at: at.toISOString(),
    verdict: "allow",
    method: "GET",
    scheme: "https",
    protocol: "http/1.1",
    host: "api.example.com",
    port: 443,
    path: "/v1/items",
    status: 200,
    bytes_up: 120,
    bytes_down: 3400,
    ms: 12,
    rule: "api.example.com",
  };
}

function anAuditEntry(bottle: string, at: Date): AuditEntry {
  const hash = "0".repeat(64);
  return {
    seq: 1,
    at: at.toISOString(),
    bottle,
    actor: "operator:test",
    action: "launch",
    component: "core",
    detail: "launched on local",
    prev: hash,
    hash,
  };
}

function pendingOf(inbox: readonly InboxItem[], slug: string): number {
  return inbox.filter(
    ({ proposal, decision, undo }) => proposal.bottle_slug === slug && decision === null && undo === null,
  ).length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function getOr<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
