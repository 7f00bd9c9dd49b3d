import { describe, expect, test } from "vitest";

import { createSecretScanner } from "#domain/secrets/create-scanner.ts";
import { openMasking } from "#sidecars/egress/inspection/masking.ts";
import { folderBefore, hostsOf, NOT_SHOWN } from "#sidecars/egress/inspection/shown.ts";

const SECRET = "q8ZtX4vX-w2Lk9Rb7Hn5Yc3M";
const KEY = ["AKIA", "Q3EGRT5WZ7NVK2HB"].join("");
const own = [{ rule: "own:test", value: SECRET }];
const masking = openMasking(createSecretScanner({ own }), own);
const stars = (text: string): string => "*".repeat(text.length);

describe("a path is shown", () => {
  test("as it is when there is no secret in it, again and again", () => {
    for (let round = 0; round < 3; round += 1) expect(masking.text("/repos/acme/app")).toBe("/repos/acme/app");
  });

  test.each([
    ["as it is", SECRET],
    ["in base64", Buffer.from(SECRET).toString("base64url")],
    ["in hex", Buffer.from(SECRET).toString("hex")],
    ["in small letters", SECRET.toLowerCase()],
    [
      "percent-encoded twice",
      Array.from(SECRET)
        .map((char) => `%${char.charCodeAt(0).toString(16)}`)
        .join(""),
    ],
  ])("in stars where a secret stands, %s", (_name, written) => {
    const shown = masking.text(`/a/${written}/z`);
    expect(shown).not.toContain(written);
    expect(shown).toMatch(/^\/a\/\*+\/z$/);
  });

  test("in stars however many secrets are in it", () => {
    const shown = masking.text(Array.from({ length: 150 }, () => `/${SECRET}`).join(""));
    expect(shown).not.toContain(SECRET);
  });

  test("not at all when it hides more than can be looked at", () => {
    const many = Array.from({ length: 3000 }, () => `/${SECRET}`).join("");
    expect(masking.text(many)).toBe(NOT_SHOWN);
  });
});

describe("a host is shown", () => {
  test("as it is, however it was spelled", () => {
    expect(masking.host("api.example.com", ["API.example.com:8443"])).toBe("api.example.com");
  });

  test.each([
    ["in small letters", `${SECRET.toLowerCase()}.evil.test`, []],
    ["of which only the client's own spelling tells", `${KEY.toLowerCase()}.evil.test`, [`${KEY}.evil.test:443`]],
    ["in hex", `${Buffer.from(SECRET).toString("hex")}.evil.test`, []],
    ["over several labels", `${SECRET.slice(0, 12)}.${SECRET.slice(12)}.evil.test`.toLowerCase(), []],
  ])("without a secret, %s", (_name, host, spelled) => {
    const shown = masking.host(host, spelled);
    expect(shown).toBe("********.evil.test");
    expect(masking.host(host, spelled)).toBe(shown);
    expect(masking.secretInHost(host, spelled)).toBe(spelled.length === 0 ? "own:test" : "aws-access-key-id");
  });
});

test("the folder before the first secret is what a rule may name", () => {
  expect(folderBefore(`/a/b/${SECRET}/c`, `/a/b/${stars(SECRET)}/c`)).toBe("/a/b/");
  expect(folderBefore(`/${SECRET}`, `/${stars(SECRET)}`)).toBe("/");
  expect(folderBefore(`/a/x-${SECRET}`, NOT_SHOWN)).toBe("/");
});

test("the client's spelling of its host is in its header, in any case", () => {
  expect(hostsOf({ rawHeaders: ["Accept", "*/*", "HOST", "A.example"] })).toEqual(["A.example"]);
  expect(hostsOf({})).toEqual([]);
});
