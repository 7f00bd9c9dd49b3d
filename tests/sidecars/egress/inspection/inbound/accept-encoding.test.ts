import { describe, expect, it } from "vitest";

import { acceptEncoding, looksAtAnswers } from "#sidecars/egress/inspection/inbound/accept-encoding.ts";

describe("what a request may ask for where answers are looked at", () => {
  it.each([
    ["gzip, deflate, br, zstd", "gzip, br, zstd"],
    ["gzip;q=0.5, *;q=0.1", "gzip;q=0.5"],
    ["GZIP , compress", "GZIP"],
    ["sdch, dcb", "identity"],
    ["", "identity"],
    [undefined, "identity"],
  ])("of %j it is %j", (asked, sent) => {
    expect(acceptEncoding(asked)).toBe(sent);
  });

  it("is only narrowed where something looks", () => {
    expect(looksAtAnswers({ host: "h" })).toBe(true);
    expect(looksAtAnswers({ host: "h", dlp: { inbound: "off" } })).toBe(false);
    expect(looksAtAnswers({ host: "h", dlp: { inbound: "off" }, auth: { scheme: "Bearer", slot: "S" } })).toBe(true);
  });
});
