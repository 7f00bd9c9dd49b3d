import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { keepRoute, type KeepOptions, unkeepRoute } from "#domain/definition/keep-route.ts";
import type { Route } from "#domain/egress/route.ts";
import { bottleText, keysOf } from "#tests/helpers/definitions.ts";

const file = (text: string) => ({ name: "dev", path: "dev.md", text });

function keepAndUndo(frontMatter: string, route: Route, options: KeepOptions = {}) {
  const text = bottleText(frontMatter);
  const { text: with_, kept } = keepRoute(file(text), route, options);
  if (kept === undefined) throw new Error("nothing was kept");
  return { before: text, with_, kept, after: unkeepRoute(file(with_), kept, options) };
}

const COMMENTED = `# The team's bottle
extends: base   # the parent

egress:
  on_unknown_host: hold      # ask me
  routes:
    # code
    - host: api.github.com     # the API
      path_allowlist:
        - /repos/acme/   # ours
      auth: {scheme: Bearer, token_ref: GH_PAT}
    - {host: flow.example, methods: [GET]}
    # - host: later.example
supervise:   true
`;

describe("keepRoute", () => {
  test("adds a route below the others and touches no other line", () => {
    const { before, with_, after } = keepAndUndo(COMMENTED, {
      host: "New.example",
      methods: ["GET"],
      path_allowlist: ["/a/"],
    });
    const added = "    - host: new.example\n      methods:\n        - GET\n      path_allowlist:\n        - /a/\n";
    expect(with_).toBe(before.replace("    # - host: later", `${added}    # - host: later`));
    expect(after).toBe(before);
  });

  test("leaves sizes, matches and limits of other routes as they are written", () => {
    const text =
      "budget: {bytes_per_day: 1GiB}\negress:\n  routes:\n    - {host: a.example, limits: {body_bytes: 1.5KiB}, matches: [{path: /x}]}\n    - {host: flow.example, methods: [GET]}\n";
    const { before, with_, after } = keepAndUndo(text, { host: "flow.example", methods: ["POST"] });
    expect(with_).toBe(before.replace("[GET]", "[GET, POST]"));
    expect(after).toBe(before);
    const other = keepAndUndo(text, { host: "b.example" });
    expect(other.with_).toContain("limits: {body_bytes: 1.5KiB}, matches: [{path: /x}]");
    expect(other.after).toBe(other.before);
  });

  test("refuses to widen a route that has protection of its own: the approved rule had none", () => {
    for (const protection of ["dlp: {inbound: block}", "limits: {requests_per_minute: 1}", "matches: [{path: /x}]"]) {
      const text = bottleText(`egress: {routes: [{host: a.example, methods: [GET], ${protection}}]}`);
      expect(() => keepRoute(file(text), { host: "a.example", methods: ["POST"] })).toThrow(/has a route already/);
    }
  });

  test("adds a path to the route of that host", () => {
    const route = {
      host: "api.github.com",
      path_allowlist: ["/repos/other/"],
      auth: { scheme: "Bearer", token_ref: "GH_PAT" },
    };
    const { before, with_, after, kept } = keepAndUndo(COMMENTED, route);
    expect(with_).toBe(before.replace("# ours\n", "# ours\n        - /repos/other/\n"));
    expect(after).toBe(before);
    expect(kept.before?.path_allowlist).toEqual(["/repos/acme/"]);
  });

  test("keeps every comment and the order where a line cannot just be added", () => {
    const { with_, after, before } = keepAndUndo(COMMENTED, { host: "flow.example", methods: ["POST"] });
    expect(with_).toContain("- {host: flow.example, methods: [GET, POST]}");
    for (const comment of COMMENTED.match(/#.*$/gm) ?? []) expect(with_).toContain(comment);
    expect([...with_.matchAll(/^(\w+):/gm)].map(([, key]) => key)).toEqual(["extends", "egress", "supervise"]);
    expect(keysOf(after)).toEqual(keysOf(before));
  });

  test.each([
    ["nothing at all", ""],
    ["only a comment", "# nothing yet\n"],
    ["no egress", "env: {A: b}   # mine\n"],
    ["CRLF line ends", "env:\r\n  A: b\r\n"],
  ])("writes egress below a definition with %s, and undo restores the very text", (_name, text) => {
    const { before, with_, after } = keepAndUndo(text, { host: "a.example" });
    expect(keysOf(with_).egress).toEqual({ routes: [{ host: "a.example" }] });
    expect(after).toBe(before);
  });

  test.each([
    ["a flow map", "{supervise: true}"],
    ["an egress without routes", "egress:\n    on_unknown_host: hold # ask"],
    ["an empty list of routes", "egress:\n  routes: []\n"],
    ["routes that are nothing", "egress:\n  routes:\n"],
    ["a flow list of routes", "egress: {routes: [{host: b.example}]}"],
    ["routes that are not indented", "egress:\n  routes:\n  - host: b.example\n    methods:\n    - GET\n"],
    [
      "a multi-line path at the end",
      'egress:\n  routes:\n    - host: b.example\n      path_allowlist:\n        - "/a\\\n          b"\n',
    ],
  ])("adds to %s", (_name, text) => {
    const { before, with_, after } = keepAndUndo(text, { host: "a.example", path_allowlist: ["/x"] });
    expect(keysOf(with_).egress?.routes?.at(-1)).toEqual({ host: "a.example", path_allowlist: ["/x"] });
    expect(keysOf(after)).toEqual(keysOf(before));
  });

  test("keeps all that is inherited: a bare egress would drop it", () => {
    const inherited = { on_unknown_host: "hold" as const, routes: [{ host: "parent.example" }] };
    const { before, with_, after } = keepAndUndo("extends: base # p\n", { host: "a.example" }, { inherited });
    expect(keysOf(with_).egress).toEqual({
      on_unknown_host: "hold",
      routes: [{ host: "parent.example" }, { host: "a.example" }],
    });
    expect(after).toBe(before);
  });

  test("leaves the copy in place when the parent has changed since", () => {
    const { with_, kept } = keepAndUndo(
      "extends: base\n",
      { host: "a.example" },
      { inherited: { routes: [{ host: "parent.example" }] } },
    );
    const undone = unkeepRoute(file(with_), kept, { inherited: { routes: [{ host: "changed.example" }] } });
    expect(keysOf(undone).egress).toEqual({ routes: [{ host: "parent.example" }] });
  });

  test.each<[string, string, Route]>([
    ["the same route", "{host: a.example, methods: [GET]}", { host: "A.example", methods: ["GET"] }],
    ["a wider route", "{host: a.example}", { host: "a.example", methods: ["GET"], path_allowlist: ["/x"] }],
    ["a wider prefix", "{host: a.example, path_allowlist: [/x]}", { host: "a.example", path_allowlist: ["/x/y"] }],
  ])("changes nothing where %s is there", (_name, there, route) => {
    const text = bottleText(`egress: {routes: [${there}]}`);
    expect(keepRoute(file(text), route)).toEqual({ text, kept: undefined });
  });

  test.each<[string, string, Route]>([
    ["another port", "{host: a.example}", { host: "a.example", port: 8443 }],
    [
      "a credential that was not asked for",
      "{host: a.example, path_allowlist: [/x], auth: {scheme: Bearer, token_ref: T}}",
      { host: "a.example", path_allowlist: ["/y"] },
    ],
    [
      "both paths and methods",
      "{host: a.example, path_allowlist: [/x], methods: [GET]}",
      { host: "a.example", path_allowlist: ["/y"], methods: ["POST"] },
    ],
    [
      "new paths for all methods",
      "{host: a.example, path_allowlist: [/x], methods: [GET, POST]}",
      { host: "a.example", path_allowlist: ["/y"], methods: ["GET"] },
    ],
  ])("refuses what one route cannot say without allowing more: %s", (_name, there, route) => {
    const text = bottleText(`egress: {routes: [${there}]}`);
    expect(() => keepRoute(file(text), route)).toThrow(
      /^dev\.md: egress\.routes: a\.example has a route already, .*; edit the file by hand$/,
    );
  });

  test("refuses a segment that only looks like a prefix", () => {
    const { kept } = keepAndUndo("egress: {routes: [{host: a.example, path_allowlist: [/x]}]}", {
      host: "a.example",
      path_allowlist: ["/xy"],
    });
    expect(kept.after.path_allowlist).toEqual(["/x", "/xy"]);
  });

  test("refuses a malformed definition, and a route that is none", () => {
    expect(() => keepRoute(file(bottleText("egres: {}")), { host: "a.example" })).toThrow("dev.md:2: egres:");
    expect(() => keepRoute(file(bottleText("")), { host: "10.0.0.1" })).toThrow("is an address");
  });
});

describe("unkeepRoute", () => {
  const kept = { after: { host: "a.example", path_allowlist: ["/x"] } };
  const undo = (routes: string, record: Parameters<typeof unkeepRoute>[1] = kept) =>
    keysOf(unkeepRoute(file(bottleText(`egress:\n  routes: [${routes}]`)), record)).egress?.routes;

  test("removes the route, wherever it stands now", () => {
    expect(undo("{host: a.example, path_allowlist: [/x]}, {host: b.example}")).toEqual([{ host: "b.example" }]);
  });

  test("takes only its own path when others were added since", () => {
    expect(undo("{host: a.example, path_allowlist: [/x, /mine]}")).toEqual([
      { host: "a.example", path_allowlist: ["/mine"] },
    ]);
  });

  test("removes the route rather than leave it without paths, which would allow all of them", () => {
    const record = {
      before: { host: "a.example", path_allowlist: ["/old"] },
      after: { host: "a.example", path_allowlist: ["/old", "/x"] },
    };
    expect(undo("{host: a.example, path_allowlist: [/x]}, {host: b.example}", record)).toEqual([{ host: "b.example" }]);
  });

  test.each([
    ["is gone", "{host: b.example}", "is not in the definition any more"],
    ["was opened wide", "{host: a.example}", "was changed since it was kept"],
    [
      "got a credential",
      "{host: a.example, path_allowlist: [/x], auth: {scheme: Bearer, token_ref: T}}",
      "was changed since it was kept",
    ],
  ])("refuses when the route %s", (_name, routes, why) => {
    expect(() => undo(routes)).toThrow(`dev.md: egress.routes: a.example ${why}; edit the file by hand`);
  });
});

describe("keeping and undoing, whatever the definition says", () => {
  const host = fc.constantFrom("a.example", "b.example", "c.example", "*.d.example");
  const paths = fc.option(
    fc.uniqueArray(fc.constantFrom("/", "/x", "/x/", "/x/y", "/z"), { minLength: 1, maxLength: 3 }),
    { nil: undefined },
  );
  const methods = fc.option(fc.uniqueArray(fc.constantFrom("GET", "POST", "PUT"), { minLength: 1 }), {
    nil: undefined,
  });
  const route = fc
    .record({ host, path_allowlist: paths, methods })
    .map((made) => JSON.parse(JSON.stringify(made)) as Route);
  const routes = fc.uniqueArray(route, { selector: (made) => made.host, maxLength: 4 });
  const flow = (made: Route) => JSON.stringify(made);
  const block = (made: Route, comment: boolean) => {
    const list = (key: "path_allowlist" | "methods") =>
      made[key] === undefined ? "" : `      ${key}:\n${made[key].map((item) => `        - ${item}\n`).join("")}`;
    return `${comment ? "    # a comment\n" : ""}    - host: "${made.host}"\n${list("path_allowlist")}${list("methods")}`;
  };
  const frontMatter = fc
    .tuple(
      routes,
      fc.array(fc.constantFrom("flow", "block", "commented"), { minLength: 4, maxLength: 4 }),
      fc.boolean(),
    )
    .map(([made, styles, more]) => {
      const items = made.map((item, index) =>
        styles[index] === "flow" ? `    - ${flow(item)} # f\n` : block(item, styles[index] === "commented"),
      );
      const egress = items.length === 0 ? "" : `egress:\n  routes:\n${items.join("")}`;
      return `${more ? "env: {A: b} # e\n" : ""}${egress}${more ? "supervise: true\n" : ""}`;
    });

  test("the route is allowed afterwards, nothing else is, and undo means exactly the definition before", () => {
    fc.assert(
      fc.property(frontMatter, route, (text, wanted) => {
        const before = bottleText(text);
        let made;
        try {
          made = keepRoute(file(before), wanted);
        } catch (error) {
          expect((error as Error).message).toMatch(/one route cannot say both/);
          return;
        }
        const probes = ["/", "/x", "/x/", "/x/y", "/x/y/z", "/z", "/zz", "/other"].flatMap((path) =>
          ["GET", "POST", "PUT", "DELETE"].map((method) => ({ path, method })),
        );
        const allows = (list: readonly Route[], { path, method }: { path: string; method: string }) =>
          list.some(
            (rule) =>
              rule.host === wanted.host &&
              (rule.methods?.includes(method) ?? true) &&
              (rule.path_allowlist?.some(
                (prefix) => path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`),
              ) ??
                true),
          );
        const old = keysOf(before).egress?.routes ?? [];
        const now = keysOf(made.text).egress?.routes ?? [];
        for (const probe of probes)
          expect([probe, allows(now, probe)]).toEqual([probe, allows([...old, wanted], probe)]);
        if (made.kept !== undefined) expect(keysOf(unkeepRoute(file(made.text), made.kept))).toEqual(keysOf(before));
        for (const comment of before.match(/#.*$/gm) ?? []) expect(made.text).toContain(comment);
      }),
      { numRuns: 400 },
    );
  });
});
