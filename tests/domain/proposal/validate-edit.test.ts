import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { EgressBlockPayload, METHODS, type Proposal } from "#domain/proposal/proposal.ts";
import { editText, ruleOf, validateEdit, validatePayload } from "#domain/proposal/validate-edit.ts";

const rule = {
  host: "api.example.com",
  port: 8443,
  methods: ["GET"],
  path_allowlist: ["/a/"],
  auth: { scheme: "Bearer", token_ref: "GH_PAT" },
};
const proposal = { kind: "egress-block", payload: { ...rule, method: "GET", path: "/a/b", count: 3 } } as Proposal;

const problems = (text: string): string[] => {
  const edited = validateEdit("egress-block", text);
  if (edited.ok) throw new Error("it was accepted");
  return edited.problems.map(({ line, field, message }) => `${line ?? "-"} ${field ?? ""}: ${message}`);
};

describe("editing a rule", () => {
  test("starts from the rule alone, explained", () => {
    const text = editText(proposal);
    expect(text).toContain("# GET on https://api.example.com:8443, only below /a/");
    expect(text).not.toContain("count");
    expect(validateEdit("egress-block", text)).toEqual({ ok: true, payload: rule });
  });

  test("keeps every rule as it is when nothing is edited", () => {
    const path = fc.stringMatching(/^\/(?:[a-z0-9_-]{1,8}\/){0,3}$/);
    const host = fc.domain().filter((name) => /^[a-z0-9.-]+$/.test(name) && !/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name));
    const any = fc.record(
      {
        host,
        port: fc.integer({ min: 1, max: 65_535 }),
        methods: fc.subarray([...METHODS], { minLength: 1 }),
        path_allowlist: fc.uniqueArray(path, { minLength: 1, maxLength: 4 }),
        auth: fc.record({
          scheme: fc.constantFrom("Bearer", "token", "Basic", "header:X-Api-Key"),
          token_ref: fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/),
        }),
      },
      { requiredKeys: ["host"] },
    );
    fc.assert(
      fc.property(any, (payload) => {
        expect(validateEdit("egress-block", editText({ ...proposal, payload } as Proposal))).toEqual({
          ok: true,
          payload,
        });
        expect(validatePayload("egress-block", payload)).toEqual({ ok: true, payload });
      }),
    );
  });

  test.each([
    ["", "takes a map of keys and values"],
    ["host: [", "is not valid YAML"],
    ["- host: a.example.com", "must be a map"],
    ["port: 1", "host: is missing"],
    ["host: a.example.com\nhots: b", "did you mean `host`?"],
    ["host: a.example.com\nhost: b.example.com", "is there twice"],
    ["host: a.example.com\nport: 99999", "2 port: "],
    ["host: a.example.com\nmethods: GET", "must be a list, not text"],
    ["host: a.example.com\nmethods: [get]", "must be an HTTP method in capitals"],
    ["host: a.example.com\npath_allowlist: [a]", "must be an absolute path"],
    ["host: a.example.com\npath_allowlist: [/a/../b]", "must be a plain path"],
    ["host: a.example.com\npath_allowlist: [/a?b]", "must be a plain path"],
    ["host: 10.0.0.1", "an address is never a rule"],
    ["host: '2130706433'", "an address is never a rule"],
    ["host: '[::1]'", "an address is never a rule"],
    ["host: https://a.example.com/", "must be a name such as"],
    ["host: '*'", "must be a name such as"],
    ["host: bücher.de", "visible ASCII"],
    ["host: a.example.com\nauth: {scheme: Magic, token_ref: X}", "must be Bearer"],
    ["host: a.example.com\ncount: 3", "is no key that is known here"],
    ["host: a.example.com\nx: &a [*a]", "contains itself"],
    [`host: ${"a".repeat(1_048_577)}`, "larger than 1 MiB"],
  ])("refuses %j and says what is wrong", (text, what) => {
    expect(problems(text).join("\n")).toContain(what);
  });

  test("never throws, and never accepts what the schema would not", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.json(),
          fc.string().map((text) => `host: ${text}`),
        ),
        (text) => {
          const edited = validateEdit("egress-block", text);
          if (edited.ok) expect(EgressBlockPayload.safeParse(edited.payload).success).toBe(true);
          else expect(edited.problems.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  test("leaves the request that led to the rule out of it", () => {
    expect(ruleOf(proposal.payload as EgressBlockPayload)).toEqual(rule);
  });
});

test("a question can be edited, too", () => {
  const question = { kind: "question", payload: { text: "Which?", options: ["a"] } } as Proposal;
  expect(validateEdit("question", editText(question))).toEqual({
    ok: true,
    payload: { text: "Which?", options: ["a"] },
  });
  expect(validateEdit("question", "text: ''")).toMatchObject({ ok: false });
});
