// What the operator reads before he decides: the rule first, then its meaning, then the warnings, the agent's words last.

import { expect, test } from "vitest";

import { itemRow } from "#components/inbox-rows.ts";
import { proposalDetail } from "#components/proposal-detail.ts";
import type { Row } from "#components/rows.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { rememberWords, wordsOf } from "#modes/tui/proposal-words.ts";
import { scriptedConsole, type ProposalDraft } from "#tests/helpers/scripted-console.ts";

const EMPTY = { bottles: [], hosts: {}, problems: {} };
const NOW = Date.parse("2030-01-01T12:00:00.000Z");

function itemFor(draft: Partial<ProposalDraft>, over: Partial<InboxItem> = {}): InboxItem {
  const console = scriptedConsole({ now: () => new Date(NOW) });
  const rule = {
    kind: "egress-block",
    payload: { host: "api.example.com", methods: ["GET"], path_allowlist: ["/v1/"] },
  } as const;
  const proposal = console.script.proposal({ bottle_slug: "a-1", ...rule, ...draft } as ProposalDraft);
  return { proposal, seen: null, decision: null, undo: null, use: null, ...over };
}

function read(item: InboxItem, width = 100): string[] {
  const words = rememberWords(() => [])({ ...EMPTY, inbox: [item] })(item);
  return proposalDetail({ item, ended: false, words, width, now: NOW }).rows.map(textOf);
}

const textOf = (row: Row) =>
  row
    .map(({ text }) => text)
    .join("")
    .trimEnd();

const MATCH = {
  kind: "dlp-match",
  origin: "held-request",
  deadline: "2030-01-01T12:00:45.000Z",
  payload: {
    host: "api.example.com",
    method: "POST",
    path: "/v1/notes?token=*",
    rule: "github-pat",
    where: 'query key "token", base64 within gzip',
    excerpt: "…&token=****************************************&x=1",
    fingerprint: "ab".repeat(32),
  },
} as const;

test("a finding says what it is, where, on its way to whom, the excerpt in stars, and how long the agent still waits", () => {
  const text = read(itemFor(MATCH)).join("\n");
  for (const words of [
    "a request is held: the agent waits, 45s left",
    "⚑ github-pat",
    'query key "token", base64 within gzip',
    "api.example.com:443",
    "POST /v1/notes?token=*",
    "Around it: …&token=****",
    "one value",
  ])
    expect(text).toContain(words);
});

test("what lets a rule of the scan pass says that it does, whatever the value", () => {
  const text = read(
    itemFor({ kind: "pipelock-block", payload: { host: "api.example.com", finding: "high-entropy" } }),
  ).join("\n");
  expect(text).toContain("⚑ high-entropy, whatever the value");
  expect(text).toContain("api.example.com");
});

test("a finding in a list says for how long it is held", () => {
  const item = itemFor(MATCH);
  const title = wordsOf(item.proposal, [], []).title;
  const text = textOf(
    itemRow({ item, ended: false, title, warnings: 0 }, { selected: false, withSlug: true, width: 200, now: NOW }),
  );
  expect(text).toContain("held, 45s left");
  expect(text).toContain("github-pat");
});

test("shows rule, meaning, warnings, count, diff and justification in this order", () => {
  const item = itemFor(
    { justification: "please" },
    { seen: { count: 3, first_seen: "2030-01-01T11:50:00.000Z", last_seen: "2030-01-01T11:59:00.000Z" } },
  );
  const rows = read(item);
  const order = [
    /^host +api\.example\.com:443/,
    /^Would allow GET/,
    /asked for the first time/,
    /asked 3 times, first 10m ago, last 1m ago/,
    /\+ - host: api\.example\.com/,
    /the agent's own words/,
    /please/,
  ];
  const places = order.map((pattern) => rows.findIndex((row) => pattern.test(row)));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test("everything that a decision needs is within the vital rows", () => {
  const item = itemFor({ payload: { host: "*.example.com" }, justification: "x" });
  const words = wordsOf(item.proposal, [item], []);
  const { rows, vital } = proposalDetail({ item, ended: false, words, width: 60, now: NOW });
  const head = rows.slice(0, vital).map(textOf).join("\n");
  expect(head).toContain("Every name that matches *.example.com");
  expect(head).not.toContain("own words");
});

test("shows a danger with a sign, not by colour alone", () => {
  expect(read(itemFor({ payload: { host: "10.0.0.1" } })).find((row) => row.includes("is an address"))).toMatch(/^! /);
});

test("an agent's words cannot move, colour or reorder anything", () => {
  const rows = read(itemFor({ justification: "a\u001b[31mred\u001b[0m\u001b]0;t\u0007\u202eb\r\nsecond" }));
  const text = rows.join("\n");
  // oxlint-disable-next-line no-control-regex -- none may be left
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(text).toContain("┊ aredb");
  expect(text).toContain("┊ second");
});

test("a question shows its text and its options by number", () => {
  const rows = read(itemFor({ kind: "question", payload: { text: "Which\none?", options: ["red", "green"] } }));
  expect(rows).toEqual(expect.arrayContaining([expect.stringContaining("one?"), "  2 green"]));
});

test("afterwards the row says what is known: being applied, live, failed, used, and nothing of what was rejected", () => {
  const decision = {
    version: 1,
    id: "p",
    digest: "d",
    status: "approved",
    scope: "session",
    notes: "",
    decided_by: "me@here (1)",
    decided_at: "2030-01-01T12:00:00.000Z",
  } as const;
  const line = (over: Partial<InboxItem>) =>
    textOf(
      itemRow(
        { item: itemFor({}, over), ended: false, title: "t", warnings: 0 },
        { selected: false, withSlug: true, width: 100, now: NOW },
      ),
    );
  expect(line({ decision })).toContain("being applied…");
  const rejected = { ...decision, status: "rejected" } as const;
  expect(line({ decision: rejected })).toMatch(/rejected/);
  expect(line({ decision: rejected })).not.toContain("applied");
  expect(line({ decision: { ...decision, applied: { ok: true, detail: "live in policy v3" } } })).toContain(
    "live in policy v3",
  );
  expect(line({ decision: { ...decision, applied: { ok: false, detail: "the proxy is down" } } })).toContain(
    "failed: the proxy is down",
  );
  expect(
    line({ decision, use: { count: 2, first_at: "2030-01-01T12:00:00.000Z", last_at: "2030-01-01T12:00:00.000Z" } }),
  ).toContain("used 2×");
});

test("why something could not be applied is told whole in its detail, and once", () => {
  const applied = {
    ok: false as const,
    detail: `failed at "build the images": ${"a long way ".repeat(20)}to the cause`,
  };
  const decision = {
    version: 1,
    id: "p",
    digest: "d",
    status: "approved",
    scope: "session",
    notes: "",
    decided_by: "me@here (1)",
    decided_at: "2030-01-01T12:00:00.000Z",
    applied,
  } as const;
  const rows = read(itemFor({}, { decision }), 60);
  expect(rows.join(" ").replace(/\s+/g, " ")).toContain(applied.detail);
  expect(rows.join(" ")).not.toContain("failed: failed");
});

test("a held request says how long the agent still waits", () => {
  const item = itemFor({ origin: "held-request", deadline: "2030-01-01T12:00:42.000Z" });
  expect(
    textOf(
      itemRow(
        { item, ended: false, title: "t", warnings: 0 },
        { selected: false, withSlug: false, width: 100, now: NOW },
      ),
    ),
  ).toContain("held, 42s left");
});

test("what a bottle that ended asked for is unanswered, in its row and in its detail, and nothing counts down", () => {
  const item = itemFor({ origin: "held-request", deadline: "2030-01-01T12:00:42.000Z" });
  const line = { item, ended: true, title: "t", warnings: 1 };
  const row = textOf(itemRow(line, { selected: false, withSlug: false, width: 100, now: NOW }));
  expect(row).toContain("unanswered: the bottle ended  t");
  expect(row).not.toContain("left");
  const words = wordsOf(item.proposal, [item], []);
  const detail = proposalDetail({ item, ended: true, words, width: 100, now: NOW }).rows.map(textOf);
  expect(detail[0]).toBe("- unanswered: the bottle ended  a-1 a request was held");
  expect(detail.join("\n")).not.toContain("left");
});

test("a changed rule is shown as it was approved, and what was asked for beside it", () => {
  const final_payload = { host: "api.example.com", methods: ["GET"], path_allowlist: ["/v1/only/"] };
  const decision = {
    version: 1,
    id: "p",
    digest: "d",
    status: "modified",
    scope: "session",
    notes: "",
    final_payload,
    decided_by: "me@here (1)",
    decided_at: "2030-01-01T12:00:00.000Z",
  } as const;
  const item = itemFor({}, { decision });
  const rows = read(item);
  expect(rows.find((row) => row.startsWith("paths"))).toMatch(/^paths +\/v1\/only\/$/);
  expect(rows.join(" ")).toContain("asked for was GET on https://api.example.com:443, only below /v1/");
  expect(rows.find((row) => row.includes("path_allowlist"))).toContain("[/v1/only/]");
  expect(rememberWords(() => [])({ ...EMPTY, inbox: [item] })(item).title).toContain("only below /v1/only/");
});

test("the proxy's own sentence is never called the agent's words, and the agent's are beside it when they came", () => {
  const said = { origin: "blocked-request", justification: "Blocked by the egress proxy: it is not allowed." } as const;
  const text = read(itemFor(said)).join("\n");
  expect(text).toContain("the proxy says:\n┊ Blocked by the egress proxy");
  expect(text).not.toContain("own words");
  const seen = { count: 2, first_seen: "", last_seen: "", justification: "I need it" };
  expect(read(itemFor(said, { seen })).join("\n")).toMatch(
    /the proxy says:\n┊ Blocked[^]*own words[^\n]*\n┊ I need it/,
  );
  expect(read(itemFor({ justification: "Blocked by the egress proxy: no" })).join("\n")).toContain("agent's own words");
});
