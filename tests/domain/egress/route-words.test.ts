import { describe, expect, test } from "vitest";

import { budgetWords, routeWords } from "#domain/egress/route-words.ts";

describe("words of a route", () => {
  test("are none for what is as usual", () => {
    expect(routeWords({ host: "a.test" })).toEqual([]);
  });

  test("say what is risky, and what has no effect beside it", () => {
    expect(routeWords({ host: "a.test", http: true })).toEqual(["plain HTTP too: readable on its way"]);
    const auth = { scheme: "Bearer", token_ref: "T" };
    const closed = { host: "a.test", pipelock: { tls_passthrough: true }, auth };
    expect(routeWords(closed)).toEqual(["TLS is not opened: nothing is read", "the credential is never sent"]);
    expect(routeWords({ ...closed, path_allowlist: ["/a/"] })).toEqual(["the credential is never sent"]);
  });

  test("say all that a route looks at", () => {
    expect(
      routeWords({
        host: "a.test",
        matches: [
          { path: "/graphql", methods: ["POST"], headers: { "content-type": "application/json" } },
          { methods: ["GET"] },
        ],
        dlp: { outbound_on_match: "redact", inbound: "off" },
        limits: { requests_per_minute: 60, bytes_per_day: 2 ** 30, body_bytes: 1536 },
        encoded_slashes: true,
      }),
    ).toEqual([
      "only POST /graphql with content-type: application/json or GET",
      "%2f in paths",
      "secrets are starred out",
      "prompt injection is not looked for",
      "60 requests a minute",
      "1GiB a day",
      "bodies up to 1.5KiB",
    ]);
    expect(budgetWords({ requests_per_day: 5, bytes_per_day: 10 })).toEqual(["5 requests a day", "10B a day"]);
  });
});
