import type { Authority } from "#domain/fleet/run-status.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { FleetEvent } from "#domain/fleet/event.ts";
import type { Fleet } from "#domain/fleet/fleet.ts";
import { Metadata } from "#domain/fleet/metadata.ts";
import { emptyFleet, reduceFleet } from "#domain/fleet/reduce.ts";
import type { Decision } from "#domain/proposal/decision.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";

const NOW = new Date("2026-11-20T12:00:00.000Z");
const at = (seconds: number): string => new Date(NOW.getTime() + seconds * 1000).toISOString();
const SLUG = "demo-abc12";

const found = (slug = SLUG, more: object = {}): FleetEvent => ({
  type: "bottle-found",
  slug,
  metadata: Metadata.parse({
    identity: slug,
    agent_name: "demo",
    started_at: at(0),
    bottle: "dev",
    provider: "command",
    backend: "local",
    ...more,
  }),
});
const running: FleetEvent = { type: "run-status", slug: SLUG, status: { phase: "running", since: at(1) } };
const activity = (
  what: "busy" | "idle" | "waiting",
  seconds: number,
  authority: Authority = "terminal",
): FleetEvent => ({
  type: "activity",
  slug: SLUG,
  activity: what,
  at: at(seconds),
  authority,
});

function proposal(id: string, more: Partial<Proposal> = {}): Proposal {
  return {
    version: 1,
    id,
    bottle_slug: SLUG,
    created_at: at(5),
    digest: `sha256:${"0".repeat(64)}`,
    justification: "",
    origin: "mcp",
    kind: "question",
    payload: { text: "Which?" },
    ...more,
  } as Proposal;
}

function decision(id: string, more: Partial<Decision> = {}): Decision {
  const digest = `sha256:${"0".repeat(64)}`;
  return {
    version: 1,
    id,
    digest,
    status: "approved",
    scope: "session",
    notes: "",
    decided_by: "ann",
    decided_at: at(9),
    ...more,
  };
}

/** One event a second. */
function reduce(events: readonly FleetEvent[], fleet: Fleet = emptyFleet, from = 10): Fleet {
  return events.reduce((so, event, index) => reduceFleet(so, event, new Date(at(from + index))), fleet);
}

const row = (fleet: Fleet, slug = SLUG) => fleet.bottles.find((bottle) => bottle.slug === slug);

describe("the row of a bottle", () => {
  test("is who it is, and unknown at first", () => {
    expect(row(reduce([found()]))).toMatchObject({
      slug: SLUG,
      agent: "demo",
      bottle: "dev",
      provider: "command",
      backend: "local",
      host: "local",
      state: "unknown",
      started_at: at(0),
      pending: 0,
      exit_code: null,
      signal: null,
      isolation: null,
      stats: null,
      down: {},
    });
  });

  test("stands by (started_at, slug), whatever the order of events, and stays there", () => {
    const events = [
      found("c-1", { started_at: at(2) }),
      found("b-1", { started_at: at(1) }),
      found("a-1", { started_at: at(2) }),
    ];
    for (const order of [events, events.toReversed(), [events[1]!, events[0]!, events[2]!]]) {
      expect(reduce(order).bottles.map(({ slug }) => slug)).toEqual(["b-1", "a-1", "c-1"]);
    }
    const relabelled = reduce([...events, found("a-1", { started_at: at(2), label: "new" })]);
    expect(relabelled.bottles.map(({ slug, label }) => `${slug}${label}`)).toEqual(["b-1", "a-1new", "c-1"]);
  });

  test("goes when the bottle does", () => {
    expect(
      reduce([found(), found("other-1"), { type: "bottle-removed", slug: SLUG }]).bottles.map(({ slug }) => slug),
    ).toEqual(["other-1"]);
  });

  test("keeps what came before its metadata", () => {
    const early: FleetEvent[] = [
      activity("busy", 2),
      { type: "run-status", slug: SLUG, status: { phase: "starting", since: at(0) } },
      running,
      { type: "sidecar", slug: SLUG, sidecar: "egress", up: false, detail: "crashed" },
      { type: "sidecar", slug: SLUG, sidecar: "supervise", up: false, detail: "crashed" },
    ];
    const fleet = reduce([...early, found()]);
    expect(row(fleet)).toMatchObject({
      state: "busy",
      run: { phase: "running" },
      down: { egress: "crashed", supervise: "crashed" },
    });
    expect(fleet.early).toBeUndefined();
  });

  test("does not keep more than it must of bottles that never come", () => {
    const fleet = reduce(
      Array.from({ length: 1500 }, (_, index): FleetEvent => ({ type: "last-line", slug: `b-${index}`, text: "x" })),
    );
    expect(Object.keys(fleet.early ?? {})).toHaveLength(1000);
    expect(Object.keys(fleet.early ?? {})).toContain("b-1499");
  });

  test("shows sidecars that are down, with the reason, until they are up", () => {
    const down: FleetEvent = { type: "sidecar", slug: SLUG, sidecar: "egress", up: false, detail: "exit 1" };
    expect(row(reduce([found(), down]))?.down).toEqual({ egress: "exit 1" });
    expect(row(reduce([found(), down, { ...down, up: true }]))?.down).toEqual({});
  });
});

describe("the state of a bottle", () => {
  const ended = (exit_code: number | null, signal: string | null): FleetEvent => ({
    type: "run-status",
    slug: SLUG,
    status: { phase: "exited", since: at(20), exit_code, signal },
  });

  test.each<[string, FleetEvent[], object]>([
    [
      "starting",
      [{ type: "run-status", slug: SLUG, status: { phase: "starting", since: at(0) } }],
      { state: "starting", since: at(0) },
    ],
    ["starting while nothing is seen of it", [running], { state: "starting", since: at(1) }],
    ["busy as its terminal shows", [running, activity("busy", 3)], { state: "busy", since: at(3) }],
    ["idle", [running, activity("idle", 4)], { state: "idle", since: at(4) }],
    ["waiting when the agent says so", [running, activity("waiting", 4, "agent")], { state: "waiting", since: at(4) }],
    [
      "waiting while it asks, though its terminal moves",
      [running, { type: "proposal", proposal: proposal("a") }, activity("busy", 8)],
      { state: "waiting", since: at(5) },
    ],
    ["exited with code 0", [running, ended(0, null)], { state: "exited", since: at(20), exit_code: 0 }],
    ["crashed with another", [running, ended(2, null)], { state: "crashed", exit_code: 2, signal: null }],
    [
      "crashed by a signal",
      [running, ended(null, "SIGSEGV")],
      { state: "crashed", exit_code: null, signal: "SIGSEGV" },
    ],
    [
      "stopped when we did it",
      [running, { type: "run-status", slug: SLUG, status: { phase: "stopped", since: at(20) } }],
      { state: "stopped", since: at(20) },
    ],
    [
      "lost",
      [running, { type: "run-status", slug: SLUG, status: { phase: "lost", since: at(20) } }],
      { state: "lost", since: at(20) },
    ],
    [
      "crashed, whatever it asked before",
      [running, { type: "proposal", proposal: proposal("a") }, ended(1, null)],
      { state: "crashed" },
    ],
  ])("is %s", (_name, events, expected) => {
    expect(row(reduce([found(), ...events]))).toMatchObject(expected);
  });

  test("is not waiting because a request was blocked: nobody waits for that", () => {
    const blocked = proposal("a", {
      origin: "blocked-request",
      kind: "egress-block",
      payload: { host: "x.example.com" },
    });
    expect(row(reduce([found(), running, { type: "proposal", proposal: blocked }]))).toMatchObject({
      state: "starting",
      pending: 1,
    });
  });

  test("is waiting since the oldest question, and as before once all are answered", () => {
    const before = reduce([
      found(),
      running,
      activity("idle", 4),
      { type: "proposal", proposal: proposal("b", { created_at: at(7) }) },
      { type: "proposal", proposal: proposal("a") },
    ]);
    expect(row(before)).toMatchObject({ state: "waiting", since: at(7), pending: 2 });
    const after = reduce(
      [
        { type: "decision", slug: SLUG, decision: decision("a") },
        { type: "decision", slug: SLUG, decision: decision("b") },
      ],
      before,
      30,
    );
    expect(row(after)).toMatchObject({ state: "idle", since: at(31), pending: 0 });
  });

  test("believes the agent rather than its terminal, until a new run", () => {
    const fleet = reduce([found(), running, activity("waiting", 4, "agent"), activity("busy", 5)]);
    expect(row(fleet)?.state).toBe("waiting");
    const again = reduce(
      [{ type: "run-status", slug: SLUG, status: { phase: "running", since: at(50) } }, activity("busy", 51)],
      fleet,
      50,
    );
    expect(row(again)?.state).toBe("busy");
  });

  test.each([
    ["when it began in this run", 10, 10],
    ["when it was first said in this run, if an earlier one knew it already", 0, 50],
  ])("an agent that repeats itself is busy since %s", (_what, since, expected) => {
    const repeated = { ...activity("busy", 50, "agent"), since: at(since) } as FleetEvent;
    for (const events of [
      [found(), running, repeated],
      [found(), repeated, running],
    ]) {
      const fleet = events.reduce((before, event) => reduceFleet(before, event, NOW), emptyFleet);
      expect(fleet.bottles[0]).toMatchObject({ state: "busy", since: at(expected) });
      expect(fleet.bottles[0]?.activity?.confirmed).toBe(at(50));
    }
  });

  test("is not ended by the exit of an earlier run that is read late", () => {
    const resumed: FleetEvent = { type: "run-status", slug: SLUG, status: { phase: "running", since: at(40) } };
    expect(row(reduce([found(), resumed, ended(1, null)]))).toMatchObject({ state: "starting", exit_code: null });
    expect(row(reduce([found(), ended(1, null), resumed]))).toMatchObject({ state: "starting", exit_code: null });
  });

  test("keeps when it was last confirmed, once it is lost", () => {
    const seen = reduce([found(), running], emptyFleet, 10);
    expect(row(seen)?.confirmed_at).toBe(at(11));
    const lost = reduce([{ type: "run-status", slug: SLUG, status: { phase: "lost", since: at(60) } }], seen, 60);
    expect(row(lost)).toMatchObject({ state: "lost", confirmed_at: at(11) });
  });

  test("follows the clock: an expired question keeps nobody waiting", () => {
    const held = proposal("a", { deadline: at(30) });
    const before = reduce([found(), running, { type: "proposal", proposal: held }]);
    expect(row(before)).toMatchObject({ state: "waiting", pending: 1 });
    const after = reduceFleet(before, { type: "proposal", proposal: held }, new Date(at(31))); // told again when its time is over
    expect(row(after)).toMatchObject({ state: "starting", since: at(31), pending: 0 });
  });
});

describe("hosts and problems", () => {
  test("are kept by name, and taken back", () => {
    const fleet = reduce([
      { type: "host", host: "mill", up: true, detail: "" },
      { type: "host", host: "mill", up: false, detail: "no route" },
      { type: "problem", where: "/a", message: "bad" },
      { type: "problem", where: "/b", message: "worse" },
      { type: "problem-solved", where: "/a" },
    ]);
    expect(fleet.hosts).toEqual({ mill: { up: false, detail: "no route" } });
    expect(fleet.problems).toEqual({ "/b": "worse" });
  });
});

describe("what an agent wrote", () => {
  const EVIL = "\u001b]0;pwned\u0007\u001b[2Jok\u202e\u0000\u009b31m";

  test("is plain text everywhere in the fleet", () => {
    const fleet = reduce([
      found(SLUG, {
        agent_name: EVIL,
        label: EVIL,
        provider: EVIL,
        backend: EVIL,
        color: EVIL,
        bottle: EVIL,
        host: EVIL,
      }),
      { type: "last-line", slug: SLUG, text: `a\tb${EVIL}` },
      { type: "sidecar", slug: SLUG, sidecar: "egress", up: false, detail: EVIL },
      {
        type: "proposal",
        proposal: proposal("a", { justification: `one\n${EVIL}`, payload: { text: EVIL, options: [EVIL] } }),
      },
      {
        type: "proposal",
        proposal: proposal("b", {
          kind: "egress-block",
          payload: { host: "x.example.com", method: "GET", path: `/${EVIL}` },
        }),
      },
      {
        type: "proposal-seen",
        slug: SLUG,
        id: "a",
        seen: { count: 2, first_seen: at(0), last_seen: at(0), justification: EVIL },
      },
      { type: "decision", slug: SLUG, decision: decision("a", { notes: EVIL }) },
      { type: "problem", where: EVIL, message: EVIL },
      { type: "host", host: EVIL, up: true, detail: EVIL },
    ]);
    const text = JSON.stringify(fleet).replaceAll(String.raw`\n`, ""); // the line breaks of texts may stay
    // oxlint-disable-next-line no-control-regex -- controls are what must not be there
    const unsafe = /[\u0000-\u001f\u007f-\u009f\u202e]|\\u00|pwned/;
    expect(text).not.toMatch(unsafe);
    expect(row(fleet)?.last_line).toBe("a  bok");
    expect(fleet.inbox[0]?.proposal.justification).toBe("one\nok");
  });

  test("changes nothing of the rule that is approved", () => {
    const payload = {
      host: "x.example.com",
      methods: ["GET"],
      path_allowlist: ["/a%20b/"],
      auth: { scheme: "Bearer", token_ref: "X" },
    };
    const fleet = reduce([{ type: "proposal", proposal: proposal("b", { kind: "egress-block", payload }) }]);
    expect(fleet.inbox[0]?.proposal.payload).toEqual(payload);
  });
});

describe("structure", () => {
  const all: FleetEvent[] = [
    found(),
    running,
    activity("busy", 3),
    { type: "last-line", slug: SLUG, text: "x" },
    { type: "stats", slug: SLUG, stats: { cpu: 0.5, memory: 1 } },
    { type: "isolation", slug: SLUG, isolation: { mechanism: "bubblewrap", proved_at: at(0), checks: [] } },
    { type: "sidecar", slug: SLUG, sidecar: "egress", up: false, detail: "" },
    { type: "proposal", proposal: proposal("a") },
    { type: "proposal-seen", slug: SLUG, id: "a", seen: { count: 2, first_seen: at(0), last_seen: at(1) } },
    { type: "decision", slug: SLUG, decision: decision("a", { applied: { ok: true, detail: "live" } }) },
    { type: "uses", slug: SLUG, uses: { a: { count: 1, first_at: at(0), last_at: at(0) } } },
    {
      type: "undo",
      slug: SLUG,
      undo: { version: 1, id: "a", digest: "", notes: "", decided_by: "", decided_at: at(0) },
    },
    { type: "host", host: "mill", up: true, detail: "" },
    { type: "problem", where: "/a", message: "bad" },
  ];

  test("stays the same object when an event says nothing new", () => {
    let fleet = emptyFleet;
    for (const event of all) {
      fleet = reduceFleet(fleet, event, NOW);
      expect(reduceFleet(fleet, structuredClone(event), new Date(at(99)))).toBe(fleet);
    }
    for (const event of all.filter(({ type }) => type !== "run-status"))
      expect(reduceFleet(fleet, structuredClone(event), NOW)).toBe(fleet);
  });

  test("stays the same object for what it does not know", () => {
    const unknown: FleetEvent[] = [
      { type: "bottle-removed", slug: "none" },
      { type: "proposal-archived", slug: "none", id: "none" },
      { type: "decision", slug: "none", decision: decision("none") },
      { type: "uses", slug: "none", uses: { none: { count: 1, first_at: at(0), last_at: at(0) } } },
      { type: "problem-solved", where: "none" },
    ];
    for (const event of unknown) expect(reduceFleet(emptyFleet, event, NOW)).toBe(emptyFleet);
  });

  test("shares all that an event is not about", () => {
    const before = reduce([...all, found("other-1", { started_at: at(1) })]);
    const after = reduceFleet(before, { type: "last-line", slug: "other-1", text: "y" }, NOW);
    expect(after.bottles[0]).toBe(before.bottles[0]);
    expect(after.inbox).toBe(before.inbox);
    expect(after.problems).toBe(before.problems);
    const asked = reduceFleet(before, { type: "proposal", proposal: proposal("b", { bottle_slug: "other-1" }) }, NOW);
    expect(asked.inbox[0]).toBe(before.inbox[0]);
    expect(asked.bottles[0]).toBe(before.bottles[0]);
    expect(asked.bottles[1]).toMatchObject({ pending: 1 });
  });

  test("never changes a fleet that was given out", () => {
    const deepFreeze = <T>(value: T): T => {
      if (typeof value === "object" && value !== null && !Object.isFrozen(value))
        Object.values(Object.freeze(value)).forEach(deepFreeze);
      return value;
    };
    const event = fc.constantFrom<FleetEvent[]>(
      ...all,
      found("other-1"),
      { type: "bottle-removed", slug: SLUG } as const,
      {
        type: "proposal-archived",
        slug: SLUG,
        id: "a",
      } as const,
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let fleet = deepFreeze(emptyFleet);
        for (const one of events) fleet = deepFreeze(reduceFleet(fleet, one, NOW));
        expect(fleet.bottles.map(({ slug }) => slug)).toEqual(fleet.bottles.map(({ slug }) => slug).toSorted());
      }),
    );
  });

  test("is cheap with a thousand bottles", () => {
    const slugs = Array.from({ length: 1000 }, (_, index) => `b-${String(index).padStart(4, "0")}`);
    let fleet = reduce(slugs.map((slug) => found(slug)));
    const start = performance.now();
    for (let round = 0; round < 10; round++) {
      for (const slug of slugs) fleet = reduceFleet(fleet, { type: "last-line", slug, text: `${round}` }, NOW);
    }
    const each = (performance.now() - start) / 10_000;
    expect(fleet.bottles).toHaveLength(1000);
    expect(each).toBeLessThan(0.5);
  });
});
