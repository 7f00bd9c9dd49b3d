// on_unknown_host: hold: the client waits while the operator is asked, and goes on, is refused, or runs out of time.

import { afterEach, beforeAll, afterAll, beforeEach, describe, expect, test, vi } from "vitest";

import type { TableRoute } from "#domain/egress/route.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { decide, setApplied } from "#lib/store/decide.ts";
import { archivedIds, type QueueItem, readQueue } from "#lib/store/read-queue.ts";
import { get, openTlsTunnel } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

let upstream: TestUpstream;
let egress: EgressProcess;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream("new.example.com", "known.example.com");
});
afterAll(() => upstream.close());
afterEach(() => egress.remove());
beforeEach(() => begin(20));

async function begin(hold_seconds: number): Promise<void> {
  egress = await startEgress({ upstreamCa: upstream.authority.cert, table: tableWith([], hold_seconds) });
  ca = await egress.ca();
}

function tableWith(routes: TableRoute[], hold_seconds = 20) {
  const hosts = { "new.example.com": upstream.pin, "known.example.com": upstream.pin };
  return {
    on_unknown_host: "hold" as const,
    hold_seconds,
    hosts,
    routes: [routeTo("known.example.com", { path_allowlist: ["/ok"] }), ...routes],
  };
}

const ask = (path = "/items", more = {}) => get(egress.paths.egress.socket, ca, `https://new.example.com${path}`, more);

async function pending(count = 1): Promise<QueueItem[]> {
  let found: readonly QueueItem[] = [];
  await expect
    .poll(async () => (found = (await readQueue(egress.of)).items.filter(({ decision }) => decision === null)).length, {
      timeout: 10_000,
    })
    .toBe(count);
  return [...found];
}

async function answer({ proposal }: QueueItem, status: "approved" | "rejected", notes = ""): Promise<void> {
  const { id, digest } = proposal;
  await decide(egress.of, { id, digest, status, scope: "session", notes, decided_by: "tester" }, new Date());
}

describe("a held request", () => {
  test("waits as a proposal with a deadline, and goes on when its route is in the table", async () => {
    const reply = ask();
    const [item] = await pending();
    expect(item?.proposal).toMatchObject({
      origin: "held-request",
      deadline: expect.any(String),
      payload: {
        host: "new.example.com",
        port: 443,
        methods: ["GET"],
        path_allowlist: ["/items"],
        method: "GET",
        path: "/items",
      },
    });
    expect((await egress.status()).counters.held).toBe(1);
    expect(upstream.seen.some(({ url }) => url === "/items")).toBe(false);
    await answer(item!, "approved");
    await egress.setTable(
      tableWith([routeTo("new.example.com", { path_allowlist: ["/items"], decision: item!.proposal.id })]),
    );
    expect(await reply).toMatchObject({ status: 200, body: "upstream: GET /items" });
    const entries = await readAuditLog(egress.of);
    expect(entries.filter(({ action }) => action === "request-held")).toHaveLength(1);
  });

  test("keeps its body until then", async () => {
    upstream.on("/body", (_request, response, body) => void response.end(`got ${body.length}`));
    const body = "x".repeat(500_000);
    const reply = ask("/body", { method: "POST", body, headers: { "content-length": String(body.length) } });
    const [item] = await pending();
    await egress.setTable(tableWith([routeTo("new.example.com", { decision: item!.proposal.id })]));
    expect(await reply).toMatchObject({ status: 200, body: "got 500000" });
  });

  test("ends with 403 and the operator's words when it is rejected", async () => {
    const reply = ask();
    const [item] = await pending();
    await answer(item!, "rejected", "not this one");
    const { status, json } = await reply;
    expect(status).toBe(403);
    expect(json()).toMatchObject({
      error: "rejected",
      reason: "the operator rejected it: not this one",
      proposal: item!.proposal.id,
    });
    expect(json()).not.toHaveProperty("suggestion");
  });

  test("ends with 403 when nobody answers in time", async () => {
    await egress.remove();
    await begin(0.3);
    const { status, json } = await ask();
    expect(status).toBe(403);
    expect(json()).toMatchObject({ error: "hold_timeout", reason: "the operator did not answer within 0.3 seconds" });
  });

  test("is told when what was approved does not cover it", async () => {
    const reply = ask();
    const [item] = await pending();
    await egress.setTable(
      tableWith([routeTo("new.example.com", { path_allowlist: ["/other"], decision: item!.proposal.id })]),
    );
    await answer(item!, "approved");
    await setApplied(egress.of, item!.proposal.id, { ok: true, detail: "live" });
    const { status, json } = await reply;
    expect(status).toBe(403);
    expect(json().reason).toMatch(
      /^what the operator approved does not cover this request: the path is not under \/other/,
    );
  });

  test("folds with its like, and all go on together", async () => {
    const replies = [ask(), ask(), ask()];
    await expect.poll(async () => (await egress.status()).counters.held).toBe(3);
    const [item] = await pending();
    await egress.setTable(tableWith([routeTo("new.example.com", { decision: item!.proposal.id })]));
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test("uses up a route for one request: the second is refused", async () => {
    const replies = [ask(), ask()];
    await expect.poll(async () => (await egress.status()).counters.held).toBe(2);
    const [item] = await pending();
    await answer(item!, "approved");
    await egress.setTable(tableWith([routeTo("new.example.com", { decision: item!.proposal.id, once: true })]));
    await setApplied(egress.of, item!.proposal.id, { ok: true, detail: "live" });
    expect((await Promise.all(replies)).map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
  });

  test("whose client leaves is forgotten", async () => {
    const gone = new AbortController();
    const reply = ask("/items", { signal: gone.signal });
    const [item] = await pending();
    gone.abort();
    await expect(reply).rejects.toThrow(/abort/i);
    await expect.poll(async () => (await egress.status()).recent.at(-1)?.status).toBe(0);
    await egress.setTable(tableWith([routeTo("new.example.com", { decision: item!.proposal.id })]));
    expect(upstream.seen.filter(({ url }) => url === "/never")).toEqual([]);
  });

  test("is the thirty-third at most: more are refused at once", async () => {
    const left = new AbortController();
    const held = Array.from({ length: 32 }, () => ask("/same", { signal: left.signal }).catch(() => undefined));
    await expect.poll(async () => (await egress.status()).counters.held, { timeout: 10_000 }).toBe(32);
    const { status, json } = await ask("/same");
    expect(status).toBe(429);
    expect(json()).toMatchObject({ error: "too_many_held", reason: "32 requests wait for the operator already" });
    await pending(1);
    left.abort();
    await Promise.all(held);
  });

  test("leaves the inbox when its client left and did not come back, and takes one that does", async () => {
    const first = new AbortController();
    const second = new AbortController();
    const left = ask("/left", { signal: first.signal }).catch(() => undefined);
    const [item] = await pending();
    first.abort();
    await left;
    const back = ask("/left", { signal: second.signal }).catch(() => undefined);
    await expect.poll(async () => (await pending())[0]?.seen?.count).toBe(2);
    second.abort();
    await back;
    await pending(1); // the operator may be about to answer
    await expect.poll(() => archivedIds(egress.of), { timeout: 15_000 }).toEqual([item!.proposal.id]);
    await pending(0);
  }, 30_000);

  test("is none where the definition itself limits the host, and none for an address", async () => {
    const refused = await get(egress.paths.egress.socket, ca, "https://known.example.com/not-ok");
    expect(refused.json()).toMatchObject({ error: "blocked", rule: "path_allowlist" });
    await expect(openTlsTunnel(egress.paths.egress.socket, ca, "10.0.0.1")).rejects.toThrow("403");
  });
});

describe("a flood of new hosts", () => {
  test("whose clients leave at once puts ten before the operator in a minute, and refuses the rest with a reason", async () => {
    const host = (index: number): string => `h${index}.example.com`;
    const one = async (index: number, signal?: AbortSignal) =>
      get(egress.paths.egress.socket, ca, `https://${host(index)}/`, signal === undefined ? {} : { signal });
    for (let batch = 0; batch < 20; batch++) {
      await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          one(batch * 10 + index, AbortSignal.timeout(60)).catch(() => undefined),
        ),
      );
    }
    expect((await readQueue(egress.of)).items.length).toBeLessThanOrEqual(10);
    // Requests whose clients left early may have asked nothing: fill up what is left of the minute's ten.
    await vi.waitFor(async () => {
      const gone = new AbortController();
      const more = Array.from({ length: 11 }, (_, index) => one(1000 + index, gone.signal).catch(() => undefined));
      const refused = await Promise.race(more);
      gone.abort();
      await Promise.all(more);
      expect(refused?.status).toBe(429);
      expect(refused?.json()).toMatchObject({
        error: "too_many_held",
        rule: "hold",
        reason: expect.stringMatching(
          /^10 new requests were put before the operator within a minute: try again in \d+ s$/,
        ),
      });
    }, 10_000); // those whose clients left may be on their way through the queue's lock still, and hold places
    expect((await readQueue(egress.of)).items.length).toBeLessThanOrEqual(10);
    expect(upstream.seen.filter(({ headers }) => /^h\d/.test(String(headers.host)))).toEqual([]);
  }, 60_000);
});
