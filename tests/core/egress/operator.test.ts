// What the operator does to a running bottle's table by hand, and from the list of requests.

import { existsSync, readFileSync, statSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { allowRequest, denyRequest } from "#core/egress/answer-request.ts";
import { editTable, tableText } from "#core/egress/edit-table.ts";
import { addRoutes, removeRoute } from "#core/egress/operator-edit.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import { parsePipelock } from "#domain/egress/pipelock.ts";
import { allowingOf, shownKey } from "#domain/proposal/allowing.ts";
import type { ProposalDraft } from "#domain/proposal/proposal.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { createProposal } from "#lib/store/create-proposal.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";
import { readProposal, readQueue } from "#lib/store/read-queue.ts";
import { type FakeProxy, fakeProxy, runningBottle } from "#tests/helpers/fake-proxy.ts";
import { blocked, newQueue, NOW } from "#tests/helpers/store.ts";

let of: QueueOf & { now: () => Date };
let proxy: FakeProxy | undefined;

beforeEach(async () => {
  of = { ...newQueue(), now: () => NOW };
  await runningBottle(of, [{ host: "api.example.com", auth: { scheme: "Bearer", slot: "EGRESS_TOKEN_0" } }]);
  proxy = await fakeProxy(of);
});

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});

const NEW = { host: "new.example.com", methods: ["GET"] };
const hosts = () => proxy?.routes().map(({ host }) => host);

function request(over: Partial<EgressRequest> = {}): EgressRequest {
  return {
    id: 1,
    at: NOW.toISOString(),
    verdict: "block",
    method: "GET",
    scheme: "https",
    protocol: "h2",
    host: "new.example.com",
    port: 443,
    path: "/v1/items",
    status: 403,
    bytes_up: 0,
    bytes_down: 0,
    ms: 1,
    rule: "default deny",
    ...over,
  };
}

/** What is shown of it, and that allowed. */
async function allow(asked: EgressRequest) {
  const { items } = await readQueue(of);
  const pending = items.filter(({ decision }) => decision === null).map(({ proposal }) => proposal);
  return await allowRequest(of, asked, shownKey(allowingOf(asked, pending)));
}

async function proposed(draft: ProposalDraft): Promise<string> {
  return (await createProposal(of, draft, NOW)).proposal.id;
}

describe("editing the whole table", () => {
  test("puts it in force, marks what is the operator's own, and says in the audit what changed", async () => {
    const { text, digest } = await tableText(of);
    const status = await editTable(of, `${text}  - host: mine.example.com\n    methods: [GET]\n`, digest);
    expect(status.table.routes.at(-1)).toEqual({ host: "mine.example.com", methods: ["GET"], added: "operator" });
    expect(hosts()).toEqual(["api.example.com", "mine.example.com"]);
    const [entry] = await readAuditLog(of);
    expect(entry).toMatchObject({
      action: "operator-edit",
      diff: expect.stringContaining("+   - host: mine.example.com"),
    });
  });

  test("is refused for what cannot be read, naming the line, and changes nothing", async () => {
    const { text, digest } = await tableText(of);
    await expect(editTable(of, `${text}  - host: 10.0.0.1\n`, digest)).rejects.toMatchObject({
      code: "invalid",
      where: expect.stringMatching(/^routes\.yaml:\d+$/),
    });
    expect(hosts()).toEqual(["api.example.com"]);
  });

  test("is refused when somebody else changed it meanwhile", async () => {
    const { text, digest } = await tableText(of);
    await addRoutes(of, [{ host: "faster.example.com" }]);
    await expect(editTable(of, text, digest)).rejects.toMatchObject({ code: "conflict" });
    expect(hosts()).toContain("faster.example.com");
  });

  test.each([
    [
      "a credential that the bottle has not",
      "    auth: {scheme: Bearer, slot: EGRESS_TOKEN_1}",
      /no credential in EGRESS_TOKEN_1/,
    ],
    ["a decision that nobody made", "    decision: 0001abcd-x", /no decision 0001abcd-x/],
  ])("is refused for %s", async (_name, line, message) => {
    const { text } = await tableText(of);
    await expect(editTable(of, `${text}  - host: b.example.com\n${line}\n`, undefined)).rejects.toThrow(message);
  });

  test("may move a credential that the bottle has to another host", async () => {
    const { text } = await tableText(of);
    const auth = "    auth: {scheme: Bearer, slot: EGRESS_TOKEN_0}";
    await editTable(of, `${text}  - host: b.example.com\n${auth}\n`, undefined);
    expect(hosts()).toContain("b.example.com");
  });
});

test("a change is written for pipelock as well, for the operator alone to read", async () => {
  await addRoutes(of, [{ host: "added.example.com" }]);
  const { config } = bottlePaths(of.root, of.slug).pipelock;
  expect(parsePipelock(readFileSync(config, "utf8")).api_allowlist).toEqual(["added.example.com", "api.example.com"]);
  expect(statSync(config).mode & 0o777).toBe(0o600);
  await removeRoute(of, "added.example.com");
  expect(parsePipelock(readFileSync(config, "utf8")).api_allowlist).toEqual(["api.example.com"]);
});

test("the same rule is not added twice, and a wider one is another", async () => {
  const rule = { host: "added.example.com", methods: ["GET"] };
  await addRoutes(of, [rule]);
  await expect(addRoutes(of, [rule])).rejects.toMatchObject({ code: "conflict" });
  await addRoutes(of, [{ host: "added.example.com" }]);
  expect(hosts()?.filter((host) => host === "added.example.com")).toHaveLength(2);
});

test("a change that the proxy does not take is taken back", async () => {
  await proxy?.stop();
  proxy = await fakeProxy(of, "refusing");
  await expect(addRoutes(of, [{ host: "added.example.com" }])).rejects.toMatchObject({ code: "unavailable" });
  expect((await tableText(of)).text).not.toContain("added.example.com");
}, 15_000);

describe("allowing a request", () => {
  test("makes the narrowest rule for it, as a proposal that is decided at once", async () => {
    const { detail, proposal = "" } = await allow(request());
    expect(detail).toContain("GET on https://new.example.com:443, only below /v1/items");
    expect(proxy?.routes().at(-1)).toEqual({
      host: "new.example.com",
      port: 443,
      methods: ["GET"],
      path_allowlist: ["/v1/items"],
      decision: proposal,
    });
    const { decision } = await readProposal(of, proposal);
    expect(decision).toMatchObject({ status: "approved", scope: "session", applied: { ok: true } });
  });

  test("approves the proposal that it made already, instead of another", async () => {
    const id = await proposed(blocked(NEW));
    expect((await allow(request())).proposal).toBe(id);
    expect((await readQueue(of)).items).toHaveLength(1);
  });

  test("approves the finding that it waits for", async () => {
    const payload = {
      host: "api.example.com",
      method: "POST",
      path: "/v1?x=***",
      rule: "github-pat",
      where: "query",
      excerpt: "",
      fingerprint: "ab".repeat(32),
    };
    const id = await proposed({ kind: "dlp-match", payload, justification: "", origin: "held-request" });
    const held = request({
      host: "api.example.com",
      method: "POST",
      path: "/v1",
      verdict: "hold",
      status: 0,
      open: true,
    });
    expect((await allow(held)).proposal).toBe(id);
    expect(proxy?.table().dlp_exceptions).toEqual([expect.objectContaining({ decision: id, rule: "github-pat" })]);
  });

  test.each(["blocked", "redacted"] as const)(
    "lifts the rule by which it was %s, where nothing waits",
    async (action) => {
      const finding = { rule: "jwt", direction: "outbound", where: "body", action } as const;
      const { proposal } = await allow(request({ host: "api.example.com", findings: [finding] }));
      expect(proxy?.table().dlp_exceptions).toEqual([{ decision: proposal, host: "api.example.com", rule: "jwt" }]);
    },
  );

  test.each([
    [
      "the canary",
      request({ findings: [{ rule: "canary", direction: "outbound", where: "body", action: "blocked" }] }),
    ],
    [
      "a secret of its own",
      request({ findings: [{ rule: "own:db", direction: "outbound", where: "body", action: "blocked" }] }),
    ],
    [
      "a bad answer",
      request({ findings: [{ rule: "injection:x", direction: "inbound", where: "body", action: "blocked" }] }),
    ],
    ["an address", request({ host: "10.0.0.1" })],
    ["a push", request({ path: "/a/b.git/git-receive-pack", method: "POST" })],
    ["a tunnel", request({ method: "CONNECT", path: "" })],
    ["an ambiguous path", request({ path: "/a/../b" })],
  ])("is refused for %s", async (_name, asked) => {
    await expect(allow(asked)).rejects.toMatchObject({ code: "refused" });
    expect((await readQueue(of)).items).toEqual([]);
  });

  test("says so when the table allows it already", async () => {
    await expect(allow(request({ host: "api.example.com" }))).rejects.toMatchObject({ code: "conflict" });
  });

  test("is refused when a proposal about it waits that was not shown", async () => {
    const shown = shownKey(allowingOf(request(), []));
    const id = await proposed(blocked({ host: "new.example.com" }));
    await expect(allowRequest(of, request(), shown)).rejects.toMatchObject({ code: "conflict", where: id });
    expect((await readProposal(of, id)).decision).toBeNull();
    expect(hosts()).toEqual(["api.example.com"]);
  });

  test("is refused when what was shown is decided by now, and when it was another rule", async () => {
    const id = await proposed(blocked(NEW));
    const shown = shownKey(allowingOf(request(), [(await readProposal(of, id)).proposal]));
    await denyRequest(of, request(), "no");
    await expect(allowRequest(of, request(), shown)).rejects.toMatchObject({ code: "conflict" });
    const other = shownKey(allowingOf(request({ method: "POST" }), []));
    await expect(allowRequest(of, request(), other)).rejects.toMatchObject({ code: "conflict" });
    expect(hosts()).toEqual(["api.example.com"]);
  });

  test("of plain HTTP is an edit of the operator's, since no approval says plain HTTP", async () => {
    const { proposal } = await allow(request({ scheme: "http", port: 80 }));
    expect(proposal).toBeUndefined();
    expect(proxy?.routes().at(-1)).toMatchObject({ host: "new.example.com", port: 80, http: true, added: "operator" });
  });
});

describe("denying a request", () => {
  test("rejects what waits", async () => {
    const id = await proposed(blocked(NEW));
    expect((await denyRequest(of, request(), "it is not needed")).proposal).toBe(id);
    expect((await readProposal(of, id)).decision).toMatchObject({ status: "rejected", notes: "it is not needed" });
  });

  test("undoes the approval that let it through", async () => {
    const { proposal = "" } = await allow(request());
    const { detail } = await denyRequest(of, request({ verdict: "allow", status: 200 }), "it is not needed");
    expect(detail).toContain(`the approval ${proposal} was undone`);
    expect(hosts()).toEqual(["api.example.com"]);
    expect((await readProposal(of, proposal)).undo).toMatchObject({ notes: "it is not needed", applied: { ok: true } });
    expect((await readAuditLog(of)).at(-1)).toMatchObject({
      action: "undo",
      detail: expect.stringMatching(/: it is not needed$/),
    });
  });

  test("takes the definition's rule out of the live table, and every other that allows it too", async () => {
    await addRoutes(of, [{ host: "*.example.com", methods: ["GET"] }]);
    await denyRequest(of, request({ host: "api.example.com", verdict: "allow", status: 200 }), "it is not needed");
    expect(hosts()).toEqual([]);
    expect((await readAuditLog(of)).at(-1)).toMatchObject({
      action: "operator-edit",
      detail: "removed api.example.com, *.example.com: it is not needed",
    });
  });

  test("says so when it is refused already", async () => {
    await expect(denyRequest(of, request(), "it is not needed")).rejects.toMatchObject({ code: "not-found" });
  });
});

test("nothing is made anew for a bottle that is gone", async () => {
  const gone = { ...of, slug: "other-abc12" };
  await expect(allowRequest(gone, request(), shownKey(allowingOf(request(), [])))).rejects.toMatchObject({
    code: "not-found",
  });
  expect(existsSync(bottlePaths(gone.root, gone.slug).state)).toBe(false);
});
