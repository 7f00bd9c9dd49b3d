// What must be read is asked for in an encoding that can be read.

import { expect, test } from "vitest";

import { readableAnswer } from "#sidecars/egress/traffic/readable-answer.ts";

const LOOKED_AT = { host: "a.example.com" };
const NOT_LOOKED_AT = { host: "a.example.com", dlp: { inbound: "off" as const } };

test.each([
  [["Accept", "*/*", "accept-encoding", "gzip, compress, br;q=0.5"], "gzip, br;q=0.5"],
  [["Accept", "*/*", "Accept-Encoding", "*", "Accept-Encoding", "gzip"], "gzip"],
  [["Accept", "*/*"], "identity"],
])("%j asks for %s", (headers, expected) => {
  expect(readableAnswer(headers, LOOKED_AT)).toEqual(["Accept", "*/*", "Accept-Encoding", expected]);
});

test("what nobody looks at may come as it likes", () => {
  const headers = ["accept-encoding", "compress"];
  expect(readableAnswer(headers, NOT_LOOKED_AT)).toBe(headers);
});
