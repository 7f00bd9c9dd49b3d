// Findings, requests and the whole table decided by the operator's core, against the real proxy.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { approve, reject } from "#core/decide/decide.ts";
import { type Desk, openDesk } from "#core/decide/desk.ts";
import { undoDecision } from "#core/decide/undo.ts";
import { allowRequest, denyRequest } from "#core/egress/answer-request.ts";
import { editTable, tableText } from "#core/egress/edit-table.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { learnRoutes } from "#domain/egress/learn.ts";
import { allowingOf, shownKey } from "#domain/proposal/allowing.ts";
import type { Proposal } from "#domain/proposal/proposal.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import { readQueue } from "#lib/store/read-queue.ts";
import { get, type Reply } from "#tests/helpers/egress/client.ts";
import { type EgressProcess, routeTo, startEgress } from "#tests/helpers/egress/proxy.ts";
import { startUpstream, type TestUpstream } from "#tests/helpers/egress/upstream.ts";

const HOST = "api.example.com";
const SECRET = "q8Zt/4vX+w2Lk9Rb7Hn5Yc3M";
const OTHER = "another-secret-0123456789";
const CANARY = "bsk_live_0123456789abcdefghijklmnopqrstuvwxyzABCD";
const WAIT = { timeout: 10_000 };

let upstream: TestUpstream;
let egress: EgressProcess;
let desk: Desk;
let ca: string;

beforeAll(async () => {
  upstream = await startUpstream(HOST);
});
afterAll(() => upstream.close());
beforeEach(async () => {
  upstream.seen.length = 0;
  egress = await startEgress({
    upstreamCa: upstream.authority.cert,
    table: { hosts: { [HOST]: upstream.pin }, routes: [routeTo(HOST)] },
    tokens: { EGRESS_SECRET_DB: SECRET, EGRESS_SECRET_OTHER: OTHER, EGRESS_SECRET_CANARY: CANARY },
  });
  desk = openDesk(egress.of.root);
  ca = await egress.ca();
});
afterEach(() => egress.remove());

function send(secret: string, path = "/in"): Promise<Reply> {
  const body = `the value is ${secret}, there`;
  const headers = { "content-type": "text/plain", "content-length": String(body.length) };
  return get(egress.paths.egress.socket, ca, `https://${HOST}${path}`, { method: "POST", body, headers });
}

const pending = async (): Promise<Proposal[]> =>
  (await readQueue(egress.of)).items.filter(({ decision }) => decision === null).map(({ proposal }) => proposal);

async function held(): Promise<Proposal> {
  await expect.poll(async () => (await pending()).length, WAIT).toBe(1);
  return (await pending())[0]!;
}

/** From its row: what is shown of it, and that allowed. */
const allow = async (row: EgressRequest) => await allowRequest(of(), row, shownKey(allowingOf(row, await pending())));
const yes = ({ id, digest }: Proposal, scope: "once" | "session") =>
  approve(desk, egress.of.slug, id, { digest, scope });
const of = () => ({ ...egress.of, now: () => new Date() });

describe("a held finding", () => {
  test("goes on when its value is approved, which lets this value pass again and no other, until it is undone", async () => {
    const first = send(SECRET);
    const proposal = await held();
    expect(proposal).toMatchObject({
      kind: "dlp-match",
      origin: "held-request",
      payload: { host: HOST, rule: "own:db" },
    });
    expect(JSON.stringify(proposal)).not.toContain(SECRET);
    const decision = await yes(proposal, "session");
    expect(decision.applied).toMatchObject({ ok: true, detail: "live" });
    expect((await first).status).toBe(200);
    expect((await send(SECRET)).status).toBe(200);
    expect(upstream.seen.map(({ body }) => body.includes(SECRET))).toEqual([true, true]);

    const other = send(OTHER);
    const second = await held();
    await reject(desk, egress.of.slug, second.id, { digest: second.digest, reason: "that one not" });
    expect((await other).status).toBe(403);

    expect((await undoDecision(desk, egress.of.slug, proposal.id, "")).applied).toMatchObject({ ok: true });
    const again = send(SECRET);
    const third = await held();
    await reject(desk, egress.of.slug, third.id, { digest: third.digest, reason: "no more" });
    expect((await again).status).toBe(403);
    expect(upstream.seen).toHaveLength(2);
  });

  test("approved once goes on once", async () => {
    const first = send(SECRET);
    await yes(await held(), "once");
    expect((await first).status).toBe(200);
    const again = send(SECRET);
    const proposal = await held();
    await reject(desk, egress.of.slug, proposal.id, { digest: proposal.digest, reason: "once" });
    expect((await again).status).toBe(403);
  });

  test("is allowed, and denied, from the list of requests", async () => {
    const waiting = send(SECRET);
    await held();
    const row = () => egress.status().then(({ recent }) => recent.findLast(({ verdict }) => verdict === "hold"));
    await expect.poll(row, WAIT).toMatchObject({ open: true, status: 0 });
    const { proposal = "" } = await allow((await row())!);
    expect((await waiting).status).toBe(200);
    await undoDecision(desk, egress.of.slug, proposal, "");
    const again = send(SECRET);
    await held();
    await expect.poll(row, WAIT).toMatchObject({ open: true });
    await denyRequest(of(), (await row())!, "no");
    expect((await again).status).toBe(403);
  });
});

describe("a rule that is called false", () => {
  test("lets every value of it pass on that host once it is approved", async () => {
    const payload = { host: HOST, finding: "own:db" };
    const draft = { kind: "pipelock-block", payload, justification: "it is none", origin: "mcp" } as const;
    await yes((await createProposal(egress.of, draft, new Date())).proposal, "session");
    expect((await send(SECRET)).status).toBe(200);
    expect(await pending()).toEqual([]);
  });
});

test("the canary is stopped at once, and no word of the operator lets it pass from a row", async () => {
  expect((await send(CANARY)).status).toBe(403);
  expect(await pending()).toEqual([]);
  const { recent } = await egress.status();
  const row = recent.at(-1)!;
  expect(row.findings).toMatchObject([{ rule: "canary", action: "blocked" }]);
  await expect(allow(row)).rejects.toMatchObject({ code: "refused" });
  expect(upstream.seen).toEqual([]);
});

describe("an ordinary request", () => {
  const ask = (path: string, method = "GET") =>
    get(egress.paths.egress.socket, ca, `https://${HOST}${path}`, { method });
  const last = async () => (await egress.status()).recent.at(-1)!;

  test("is allowed and denied from its row, whatever allowed it", async () => {
    await egress.setTable({ hosts: { [HOST]: upstream.pin }, routes: [routeTo(HOST, { methods: ["POST"] })] });
    expect((await ask("/v1/items")).status).toBe(403);
    await allow(await last());
    expect((await ask("/v1/items/7")).status).toBe(200);
    expect((await ask("/v2")).status).toBe(403);
    expect((await ask("/v1/items")).status).toBe(200);
    await denyRequest(of(), await last(), "no");
    expect((await ask("/v1/items")).status).toBe(403);
    expect((await ask("/v1/items", "POST")).status).toBe(200);
    await denyRequest(of(), await last(), "no");
    expect((await ask("/v1/items", "POST")).status).toBe(403);
  });

  test("is learned: a table with nothing but that lets it pass, and nothing more", async () => {
    for (const path of ["/v1/items", "/v1/items/1", "/health"]) expect((await ask(path)).status).toBe(200);
    expect((await ask("/v1/items", "POST")).status).toBe(200);
    const { routes } = learnRoutes(await egress.seen(), (await egress.status()).table, { now: new Date() });
    expect(routes.map(({ state }) => state)).toEqual(["narrower"]);
    await egress.setTable({
      hosts: { [HOST]: upstream.pin },
      routes: routes.map(({ route: { auth: _auth, ...route } }) => route),
    });
    for (const path of ["/v1/items", "/v1/items/1", "/health"]) expect((await ask(path)).status).toBe(200);
    expect((await ask("/v1/items", "POST")).status).toBe(200);
    for (const path of ["/", "/v1", "/admin"]) expect((await ask(path)).status).toBe(403);
    for (const path of ["/health"]) expect((await ask(path, "POST")).status).toBe(403);
    expect((await ask("/v1/items", "DELETE")).status).toBe(403);
  });

  test("passes or not as the edited table says, at once", async () => {
    const { text, digest } = await tableText(egress.of);
    await editTable(
      of(),
      text.replace(`- host: ${HOST}`, `- host: ${HOST}\n    methods: [GET]\n    limits: {requests_per_minute: 2}`),
      digest,
    );
    expect((await ask("/", "POST")).status).toBe(403);
    expect([(await ask("/")).status, (await ask("/")).status, (await ask("/")).status]).toEqual([200, 200, 429]);
  });
});
