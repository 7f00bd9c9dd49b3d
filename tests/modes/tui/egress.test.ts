// The tab Egress under the keys: the cursor, following, filters, the detail, allowing and denying from a row, the table.

import { beforeEach, describe, expect, test } from "vitest";

import type { EgressRequest, EgressVerdict } from "#domain/egress/control.ts";
import { allowingOf, shownKey } from "#domain/proposal/allowing.ts";
import { bindKeys } from "#modes/tui/actions.ts";
import { requestAtHand } from "#modes/tui/egress-cursor.ts";
import { driveView, trafficOf, type ViewDriver } from "#tests/helpers/view-driver.ts";

let drive: ViewDriver;

beforeEach(() => {
  drive = driveView();
  drive.traffic = trafficOf(drive.console, "a-1");
  drive.console.script.bottle({ slug: "a-1" });
  drive.console.script.bottle({ slug: "b-2" });
  drive.sync();
  drive.press("3", "l");
});

function saw(more: Partial<EgressRequest> = {}): EgressRequest {
  const request = drive.console.script.request("a-1", more);
  const { requests } = drive.traffic;
  requests.push(request);
  drive.traffic = { requests, status: drive.console.script.egressStatus("a-1") };
  return request;
}

const BLOCKED = {
  verdict: "block",
  host: "new.example.com",
  path: "/v1/items",
  status: 403,
  rule: "default deny",
} as const;

const rowsShown = (): string[] => {
  const { screen } = drive.scene().props;
  if (screen.type === "main") return screen.tab.rows.map((row) => row.map(({ text }) => text).join(""));
  return screen.type === "rows" ? screen.rows.map((row) => row.map(({ text }) => text).join("")) : [];
};
const note = (): string => {
  const { screen } = drive.scene().props;
  return screen.type === "main" ? screen.tab.note.map(({ text }) => text).join("") : "";
};
const atHand = (): string | undefined => requestAtHand(drive.context())?.request.path;
const footer = (): string[] => drive.scene().props.footer.hints.map(({ title }) => title);

describe("the list", () => {
  test("follows the newest, stops where the cursor goes, and follows again past the end", () => {
    for (let index = 0; index < 100; index += 1) saw({ path: `/${index}` });
    expect([note(), atHand()]).toEqual(["FOLLOWING", "/99"]);
    drive.press("k", "k");
    expect([note(), atHand()]).toEqual(["PAUSED", "/97"]);
    saw({ path: "/100" });
    expect([note(), atHand()]).toEqual(["PAUSED, 1 newer", "/97"]);
    drive.press("j", "j", "j", "j");
    expect([note(), atHand()]).toEqual(["FOLLOWING", "/100"]);
    drive.press("g");
    expect(atHand()).toBe("/0");
    drive.press("G");
    expect(note()).toBe("FOLLOWING");
    drive.press("pgup", "f", "f");
    expect(note()).toBe("PAUSED");
  });

  test("the cursor stays in sight whichever way it goes", () => {
    for (let index = 0; index < 200; index += 1) saw({ path: `/${index}` });
    for (const key of ["k", "pgup", "pgup", "j", "j", "k", "pgdn", "g", "j", "pgdn", "k"]) {
      drive.press(key);
      expect(rowsShown().filter((line) => line.startsWith("▸"))).toHaveLength(1);
      expect(rowsShown().find((line) => line.startsWith("▸"))).toContain(`${atHand()} `);
    }
  });

  test("renders only what is visible", () => {
    for (let index = 0; index < 100; index += 1) saw({ path: `/${index}` });
    expect(rowsShown().length).toBeLessThan(40);
  });

  test("/ filters as it is typed; Enter keeps the filter, Esc takes it back", () => {
    saw({ path: "/one" });
    saw(BLOCKED);
    drive.press("/");
    drive.send({ type: "text", value: "verdict:block" });
    expect(rowsShown().some((line) => line.includes("/one"))).toBe(false);
    drive.press("enter");
    expect(note()).toContain("“verdict:block” 1 of 2");
    drive.press("esc");
    expect(rowsShown().some((line) => line.includes("/one"))).toBe(true);
    drive.press("/");
    drive.send({ type: "text", value: "nothing" });
    expect(rowsShown().at(-1)).toContain("no request fits the filter");
    drive.press("esc");
    expect(drive.view.egress.filter).toBe("");
  });

  test("v goes through the kinds and back to all", () => {
    saw({ path: "/one" });
    saw(BLOCKED);
    const shown = ["", "v", "v", "v", "v"].map((key) => {
      if (key !== "") drive.press(key);
      return drive.view.egress.kind;
    });
    expect(shown).toEqual(["all", "blocked", "held", "findings", "all"]);
  });

  test("& searches without hiding anything, and n and N go on, round and round", () => {
    for (let index = 0; index < 30; index += 1) saw({ path: index % 10 === 0 ? `/ten/${index}` : `/${index}` });
    drive.press("&");
    drive.send({ type: "text", value: "path:ten" });
    drive.press("enter");
    expect(atHand()).toBe("/ten/20");
    drive.press("N");
    expect(atHand()).toBe("/ten/10");
    drive.press("n", "n");
    expect(atHand()).toBe("/ten/0");
    expect(rowsShown().length).toBeGreaterThan(20);
    drive.press("esc");
    expect(drive.view.egress.search).toBe("");
  });

  test("says so when the search finds nothing, and what n needs first", () => {
    saw({});
    drive.press("n");
    expect(drive.notice()).toContain("search with & first");
    drive.press("&");
    drive.send({ type: "text", value: "nowhere" });
    drive.press("enter");
    expect(drive.notice()).toContain("no request with “nowhere”");
  });

  test("another bottle starts at its own newest request", () => {
    saw({});
    saw({});
    drive.press("k", "h", "j");
    expect(drive.view.selected).toBe("b-2");
    expect(drive.view.egress.at).toBeNull();
  });

  test("Esc goes one step back at a time: table, filter, following, list", () => {
    saw({});
    saw({});
    drive.press("v", "v", "v", "v", "k", "T");
    drive.press("esc");
    expect(drive.view.egress.table).toBe(false);
    drive.press("v", "esc");
    expect(drive.view.egress.kind).toBe("all");
    drive.press("esc");
    expect([drive.view.egress.at, drive.view.focus]).toEqual([null, "preview"]);
    drive.press("esc");
    expect(drive.view.focus).toBe("list");
  });

  test("in the list of bottles the same keys are about bottles and proposals", () => {
    saw(BLOCKED);
    drive.press("h", "a");
    expect(drive.notice()).toContain("no proposal is selected");
    drive.press("enter");
    expect(drive.effects).toMatchObject([{ type: "attach" }]);
  });

  test("z gives it the whole screen and takes it back", () => {
    saw({});
    drive.press("z");
    expect(drive.scene().props.layout.list.height).toBe(0);
    expect(rowsShown().some((line) => line.includes("/v1/items"))).toBe(true);
    drive.press("esc");
    expect(drive.scene().props.layout.list.height).toBeGreaterThan(0);
  });
});

describe("the detail", () => {
  test("Enter opens it, asks the proxy why, and shows what it says", () => {
    const request = saw(BLOCKED);
    drive.press("enter");
    expect(drive.effects).toEqual([{ type: "explain", slug: "a-1", request }]);
    expect(rowsShown().join("\n")).toContain("asking the proxy");
    const verdict: EgressVerdict = { verdict: "block", rule: "default deny", reason: "nobody allowed it", steps: [] };
    drive.send({ type: "explained", request, verdict });
    expect(rowsShown().join("\n")).toContain("nobody allowed it");
    drive.press("esc");
    expect(drive.view.stack).toEqual([]);
  });

  test("an answer for another request is dropped", () => {
    const other = saw({});
    saw(BLOCKED);
    drive.press("enter");
    drive.send({ type: "explained", request: other, verdict: { problem: "this is not it" } });
    expect(rowsShown().join("\n")).not.toContain("this is not it");
  });

  test("goes on with the request, and keeps it when the list has dropped it", () => {
    const open = saw({ ...BLOCKED, verdict: "allow", open: true, status: 0, bytes_down: 0 });
    drive.press("enter");
    saw({ ...open, open: undefined as never, status: 200, bytes_down: 77 });
    expect(rowsShown().join("\n")).toContain("77 B received");
    drive.traffic = { ...drive.traffic, requests: trafficOf(drive.console, "nobody").requests };
    expect(rowsShown().join("\n")).toContain("new.example.com");
  });

  test("after a decision the proxy is asked again", () => {
    saw(BLOCKED);
    drive.press("enter");
    drive.send({ type: "ended", about: "x", tone: "good", text: "done" });
    expect(drive.effects.map(({ type }) => type)).toEqual(["explain", "explain"]);
  });
});

describe("allowing from a row", () => {
  test("the first press shows the narrowest rule and decides nothing; the second allows, once it was looked at", () => {
    const request = saw(BLOCKED);
    drive.press("a");
    expect(rowsShown().join("\n")).toMatch(
      /host +new\.example\.com:443\nmethods +GET\npaths +\/v1\/items[\s\S]*Would allow GET on https:\/\/new\.example\.com:443, only below \/v1\/items/,
    );
    expect(rowsShown().join("\n")).toContain("+ - host: new.example.com");
    drive.press("a");
    expect(drive.effects).toEqual([]);
    expect(drive.notice()).toContain("appeared just now");
    drive.wait(600);
    drive.press("a");
    const shown = shownKey(allowingOf(request, []));
    expect(drive.effects).toEqual([{ type: "allow", slug: "a-1", request, shown }]);
    expect(drive.view.stack).toEqual([]);
    drive.press("x");
    expect(drive.notice()).toContain("a decision is on its way");
  });

  test("typed text allows nothing", () => {
    saw(BLOCKED);
    drive.press("a");
    drive.wait(600);
    drive.press("b", "a");
    expect(drive.effects).toEqual([]);
    expect(drive.notice()).toContain("another key was typed just now");
  });

  test("in a terminal too small to show the rule nothing is allowed", () => {
    drive = driveView({ cols: 60, rows: 13 });
    drive.traffic = trafficOf(drive.console, "a-1");
    drive.console.script.bottle({ slug: "a-1" });
    drive.sync();
    saw({ ...BLOCKED, path: `/${"a-long-segment/".repeat(30)}end` });
    drive.press("3", "l", "a");
    drive.wait(600);
    drive.press("a");
    expect(drive.effects).toEqual([]);
    expect(drive.notice()).toContain("read on");
    drive.press("pgdn", "pgdn", "pgdn", "pgdn");
    drive.wait(600);
    drive.press("a");
    expect(drive.effects).toHaveLength(1);
  });

  test("where a proposal waits for it, that one is opened, with everything that can be done with it", () => {
    saw({ ...BLOCKED, verdict: "hold", open: true, status: 0 });
    const { id, digest } = drive.console.script.proposal({
      bottle_slug: "a-1",
      kind: "egress-block",
      payload: { host: "new.example.com", methods: ["GET"], path_allowlist: ["/v1/"] },
      origin: "held-request",
      deadline: "2030-01-01T12:01:00.000Z",
    });
    drive.sync();
    drive.press("a");
    expect(drive.view.stack).toMatchObject([{ type: "proposal", id }]);
    drive.wait(600);
    drive.press("a");
    expect(drive.effects).toEqual([{ type: "approve", id, digest, approval: { scope: "session" } }]);
  });

  test("a proposal that comes while the rule is looked at is what has to be looked at then", () => {
    saw(BLOCKED);
    drive.press("a");
    drive.wait(600);
    const { id } = drive.console.script.proposal({
      bottle_slug: "a-1",
      kind: "egress-block",
      payload: { host: "new.example.com" },
    });
    drive.sync();
    drive.press("a");
    expect(drive.effects).toEqual([]);
    expect(drive.view.stack).toMatchObject([{ type: "proposal", id }]);
  });

  test.each([
    ["it was allowed", { verdict: "allow" }],
    ["the table allows it by now", { verdict: "redact" }],
    ["rules are for names", { ...BLOCKED, host: "192.0.2.1" }],
    ["git push goes through the git gate", { ...BLOCKED, path: "/acme/x.git/git-receive-pack" }],
    [
      "planted canary",
      { ...BLOCKED, findings: [{ rule: "canary", direction: "outbound", where: "body", action: "blocked" }] },
    ],
    [
      "one of this bottle's own secrets",
      { ...BLOCKED, findings: [{ rule: "own:GH_PAT", direction: "outbound", where: "body", action: "blocked" }] },
    ],
    [
      "its answer was refused",
      { ...BLOCKED, findings: [{ rule: "injection:x", direction: "inbound", where: "body", action: "blocked" }] },
    ],
    ["the table allows it by now", { ...BLOCKED, host: "api.example.com" }],
  ] as const)("says why not: %s", (why, more) => {
    saw(more as Partial<EgressRequest>);
    drive.press("a");
    expect([drive.effects, drive.view.stack]).toEqual([[], []]);
    expect(drive.notice()).toContain(why);
    expect(footer()).not.toContain("allow");
  });

  test("a finding that blocked it is what would be let through, not the address", () => {
    saw({
      ...BLOCKED,
      findings: [{ rule: "github-pat", direction: "outbound", where: "header X-Note", action: "blocked" }],
    });
    drive.press("a");
    const text = rowsShown().join("\n");
    expect(text).toContain("github-pat, whatever the value");
    expect(text).not.toContain("path_allowlist");
  });

  test("a value that was starred out may go out as it is from then on", () => {
    saw({
      verdict: "redact",
      findings: [{ rule: "jwt", direction: "outbound", where: "body", action: "redacted" }],
    });
    drive.press("a");
    expect(rowsShown().join("\n")).toContain("jwt, whatever the value");
  });

  test("plain HTTP is said to be allowed in the clear, on the port that is allowed", () => {
    saw({ ...BLOCKED, scheme: "http", port: 80 });
    drive.press("a");
    expect(rowsShown().join("\n")).toMatch(/host +new\.example\.com:80\n/);
    expect(rowsShown().join(" ")).toContain("anybody on the way can read it");
  });

  test("a bottle that ended has no table to change", () => {
    saw(BLOCKED);
    drive.console.script.bottle({ slug: "a-1", state: "exited", exit_code: 0 });
    drive.sync();
    drive.press("a");
    expect(drive.notice()).toContain("does not run");
    drive.press("e");
    expect(drive.notice()).toContain("does not run");
  });
});

describe("denying from a row", () => {
  test("an allowed request: the rule is taken back with a reason, and not without", () => {
    const request = saw({});
    drive.press("x", "enter");
    expect(drive.view.stack).toMatchObject([{ type: "form", error: "write why, or Esc to keep the rule" }]);
    expect(drive.effects).toEqual([]);
    drive.send({ type: "text", value: "it is not needed" });
    drive.press("enter");
    expect(drive.effects).toEqual([{ type: "deny", slug: "a-1", request, reason: "it is not needed" }]);
    expect(drive.view.stack).toEqual([]);
    drive.press("x");
    expect(drive.notice()).toContain("a decision is on its way");
  });

  test("Esc keeps the rule", () => {
    saw({});
    drive.press("x", "esc");
    expect([drive.effects, drive.view.stack]).toEqual([[], []]);
  });

  test("what waits is rejected with a reason", () => {
    saw({ ...BLOCKED, verdict: "hold", open: true });
    const { id, digest } = drive.console.script.proposal({
      bottle_slug: "a-1",
      kind: "dlp-match",
      payload: {
        host: "new.example.com",
        method: "GET",
        path: "/v1/items?token=*",
        rule: "github-pat",
        where: 'query key "token"',
        excerpt: "token=****",
        fingerprint: "0".repeat(64),
      },
    });
    drive.sync();
    drive.press("x");
    drive.send({ type: "text", value: "use the mirror" });
    drive.press("enter");
    expect(drive.effects).toEqual([{ type: "reject", id, digest, reason: "use the mirror" }]);
  });

  test("an allowed one whose rule is gone has nothing to take back", () => {
    saw({ host: "_egress.local", rule: "the proxy's own page" });
    drive.press("x");
    expect(drive.notice()).toContain("no rule of the table allows it");
  });

  test("a refused one that nobody asked for is refused already", () => {
    saw(BLOCKED);
    drive.press("x");
    expect(drive.notice()).toContain("refused already");
  });
});

describe("the table", () => {
  beforeEach(() => {
    drive.console.script.table("a-1", {
      routes: [
        { host: "api.example.com", methods: ["GET"] },
        { host: "new.example.com", decision: "p000000001" },
      ],
      dlp_exceptions: [{ decision: "p000000002", host: "x.example.com", rule: "github-pat" }],
    });
    saw({});
    drive.press("T");
  });

  test("lists rules and exceptions, and says all of the one under the cursor", () => {
    const text = rowsShown().join("\n");
    for (const words of [
      "api.example.com",
      "new.example.com",
      "⚑ lets github-pat pass",
      "GET; any path; no credential",
    ])
      expect(text).toContain(words);
    drive.press("j", "j", "j");
    expect(note()).toBe("TABLE 3/3");
  });

  test("x removes the row, after a question with the safe choice focused", () => {
    drive.press("j", "x");
    expect(drive.view.stack).toMatchObject([{ type: "confirm", focus: "safe" }]);
    drive.press("y");
    expect(drive.effects).toEqual([
      {
        type: "remove-rule",
        slug: "a-1",
        row: { type: "route", route: { host: "new.example.com", decision: "p000000001" } },
      },
    ]);
  });

  test("e edits it in the editor", () => {
    drive.press("e");
    expect(drive.effects).toEqual([{ type: "edit-table", slug: "a-1" }]);
  });

  test("no request is under the keys", () => {
    drive.press("enter");
    expect(drive.notice()).toContain("T shows the requests first");
    drive.press("a");
    expect([drive.effects, drive.view.stack]).toEqual([[], []]);
  });

  test("/ and & go to the requests", () => {
    drive.press("/");
    expect(drive.view.egress.table).toBe(false);
  });

  test("a rule that goes away leaves the cursor on the last one", () => {
    drive.press("G");
    drive.console.script.table("a-1", { routes: [{ host: "only.example.com" }] });
    drive.traffic = trafficOf(drive.console, "a-1");
    expect(note()).toBe("TABLE 1/1");
    drive.press("x", "y");
    expect(drive.effects).toMatchObject([{ row: { route: { host: "only.example.com" } } }]);
  });
});

test("findings wait in the inbox, and are never kept in the definition", () => {
  const { id, digest } = drive.console.script.proposal({
    bottle_slug: "a-1",
    kind: "pipelock-block",
    payload: { host: "new.example.com", finding: "github-pat" },
  });
  drive.sync();
  drive.press("i");
  drive.wait(600);
  drive.press("e");
  expect(drive.notice()).toContain("there is no rule to edit");
  drive.wait(600);
  drive.press("A", "4");
  expect(drive.effects).toEqual([]);
  expect(drive.notice()).toContain("not kept in the definition");
  drive.press("1");
  expect(drive.effects).toEqual([{ type: "approve", id, digest, approval: { scope: "once" } }]);
});

test("the keys can be changed like all others", () => {
  const own = bindKeys({ "egress-allow": "Y", "egress-table": "ctrl-t" });
  drive = driveView({ cols: 100, rows: 40 }, own);
  drive.traffic = trafficOf(drive.console, "a-1");
  drive.console.script.bottle({ slug: "a-1" });
  drive.sync();
  saw(BLOCKED);
  drive.press("3", "l", "Y");
  expect(drive.view.stack).toMatchObject([{ type: "allow" }]);
});
