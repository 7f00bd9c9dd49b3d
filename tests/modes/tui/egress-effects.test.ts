// Taking a rule out of the table: a decision is undone, everything else leaves exactly its own row.

import { expect, test } from "vitest";

import { BottleError } from "#domain/bottle-error.ts";
import { removeRule, urlOf } from "#modes/tui/egress-effects.ts";
import { scriptedConsole } from "#tests/helpers/scripted-console.ts";

const ROUTES = [
  { host: "api.example.com", methods: ["GET"] },
  { host: "api.example.com" },
  { host: "b.example.com", decision: "p1" },
];

function consoleWithTable() {
  const console = scriptedConsole();
  console.script.table("a-1", { routes: ROUTES });
  return console;
}

const left = (console: ReturnType<typeof consoleWithTable>) => console.script.egressStatus("a-1").table.routes;

test("of two rules on one host only the one that was shown goes", async () => {
  const console = consoleWithTable();
  const row = { type: "route", route: { host: "api.example.com" } } as const;
  const outcome = await removeRule(console, { type: "remove-rule", slug: "a-1", row });
  expect(outcome).toMatchObject({ tone: "good", text: expect.stringContaining("in force as policy v3") });
  expect(left(console)).toEqual([ROUTES[0], ROUTES[2]]);
});

test("a rule of a decision that is archived is taken out of the table", async () => {
  const console = consoleWithTable();
  const row = { type: "route", route: { host: "b.example.com", decision: "p1" } } as const;
  await removeRule(console, { type: "remove-rule", slug: "a-1", row });
  expect(left(console)).toEqual([ROUTES[0], ROUTES[1]]);
});

test("a decision that cannot be undone leaves the table alone", async () => {
  const console = consoleWithTable();
  console.script.failNext("undo", new BottleError("unavailable", "the proxy does not answer"));
  const row = { type: "route", route: { host: "b.example.com", decision: "p1" } } as const;
  await expect(removeRule(console, { type: "remove-rule", slug: "a-1", row })).rejects.toThrow("does not answer");
  expect(left(console)).toEqual(ROUTES);
});

test("a rule that is gone already is said to be", async () => {
  const console = consoleWithTable();
  const row = { type: "route", route: { host: "c.example.com" } } as const;
  const outcome = await removeRule(console, { type: "remove-rule", slug: "a-1", row });
  expect(outcome).toEqual({ tone: "info", text: "c.example.com is not in the table any more" });
});

test("asks about the address that the request would go to again, a tunnel without a path", () => {
  const { script } = scriptedConsole();
  expect(urlOf(script.request("a-1", { path: "/a?b=c" }))).toBe("https://api.example.com:443/a?b=c");
  expect(urlOf(script.request("a-1", { protocol: "tcp", path: "/x", host: "::1", port: 5432 }))).toBe(
    "https://[::1]:5432/",
  );
});
