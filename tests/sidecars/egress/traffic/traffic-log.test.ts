// What is said of requests: while they last, while they wait, and once they are over.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { EgressRequest } from "#domain/egress/control.ts";
import { type ExchangeRecord, finishRecord, startRecord } from "#sidecars/egress/traffic/exchange-record.ts";
import { openTrafficLog, type TrafficLog } from "#sidecars/egress/traffic/traffic-log.ts";

let log: TrafficLog;
let said: EgressRequest[];
let lines: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  lines = [];
  said = [];
  log = openTrafficLog((line) => lines.push(line));
  log.subscribe((request) => said.push(request));
});
afterEach(() => vi.useRealTimers());

function begin(): ExchangeRecord {
  const record = startRecord({ kind: "forward" });
  log.began(record);
  return record;
}
function allowed(): ExchangeRecord {
  const record = begin();
  record.verdict = "allow";
  record.rule = "the route";
  return record;
}

describe("a request", () => {
  test("that is over within a second is said once", () => {
    const record = allowed();
    vi.advanceTimersByTime(900);
    log.ended(finishRecord(record, 200));
    vi.advanceTimersByTime(5000);
    expect(said).toEqual([expect.objectContaining({ id: record.id, status: 200, verdict: "allow" })]);
    expect(said[0]).not.toHaveProperty("open");
  });

  test("that lasts is said to be open, once, and its end takes that one's place", () => {
    const record = allowed();
    vi.advanceTimersByTime(10_000);
    expect(said).toEqual([expect.objectContaining({ id: record.id, open: true, verdict: "allow" })]);
    log.ended(finishRecord(record, 200));
    expect(log.recent()).toEqual([said[1]]);
  });

  test("that began later is said later", () => {
    const first = allowed();
    vi.advanceTimersByTime(600);
    const second = allowed();
    vi.advanceTimersByTime(500);
    expect(said.map(({ id }) => id)).toEqual([first.id]);
    vi.advanceTimersByTime(600);
    expect(said.map(({ id }) => id)).toEqual([first.id, second.id]);
  });

  test("about which nothing is decided waits for the operator", () => {
    begin();
    vi.advanceTimersByTime(1100);
    expect(said).toEqual([expect.objectContaining({ verdict: "hold", open: true, rule: "waits for the operator" })]);
  });

  test("that must wait on its way is said at once, and counted", () => {
    const record = allowed();
    log.waits(record, true);
    expect(said).toEqual([expect.objectContaining({ verdict: "hold", open: true })]);
    log.waits(record, false);
    expect(said[1]).toMatchObject({ verdict: "allow", open: true });
    expect(log.counters().held).toBe(1);
    expect(log.recent()).toHaveLength(1);
  });
});

test("counters tell verdicts, bytes, findings and tunnels apart", () => {
  const one = allowed();
  one.up = 3;
  one.down = 5;
  log.ended(finishRecord(one, 200));
  const two = allowed();
  two.verdict = "redact";
  log.ended(finishRecord(two, 200));
  log.ended(finishRecord(begin(), 0));
  log.found({ rule: "r", direction: "outbound", where: "body", action: "redacted" });
  log.found({ rule: "r", direction: "inbound", where: "body", action: "warned" });
  const closed = log.tunnel();
  expect(log.counters()).toMatchObject({ allowed: 2, blocked: 1, redacted: 1, bytes_up: 3, bytes_down: 5, tunnels: 1 });
  expect(log.counters()).toMatchObject({ outbound_findings: 1, inbound_findings: 1 });
  closed();
  expect(log.counters().tunnels).toBe(0);
});

test("the last two hundred are kept, those that are open among them", () => {
  const lasting = allowed();
  vi.advanceTimersByTime(1100);
  for (let index = 0; index < 199; index += 1) log.ended(finishRecord(begin(), 0));
  expect(log.recent()).toHaveLength(200);
  log.ended(finishRecord(lasting, 200));
  expect(log.recent()).toHaveLength(200);
  expect(log.recent().at(-1)).toMatchObject({ id: lasting.id, status: 200 });
});

test("at most fifty lines a second are printed, and the rest counted", () => {
  for (let index = 0; index < 60; index += 1) log.ended(finishRecord(begin(), 0));
  vi.advanceTimersByTime(1000);
  log.ended(finishRecord(begin(), 0));
  expect(lines).toHaveLength(52);
  expect(lines[50]).toBe("10 more requests in that second");
});
