import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readHostAuth } from "#core/providers/codex/read-host-auth.ts";
import { BottleError } from "#domain/bottle-error.ts";

import { CLAIMS, IN_AN_HOUR, loginOf, NOW, tokenOf } from "./logins.ts";

const PATH = "/home/operator/.codex/auth.json";

function read(login: unknown) {
  return readHostAuth(typeof login === "string" ? login : JSON.stringify(login), PATH, NOW);
}

function refusalOf(text: string | undefined): BottleError {
  try {
    readHostAuth(text, PATH, NOW);
  } catch (error) {
    if (error instanceof BottleError) return error;
  }
  throw new Error("it was not refused");
}

const withClaims = (claims: object): string =>
  JSON.stringify(loginOf({ access_token: tokenOf({ ...CLAIMS, ...claims }) }));

describe("a login that can be lent", () => {
  it("gives its access token and when that expires", () => {
    expect(read(loginOf())).toMatchObject({
      accessToken: tokenOf(CLAIMS),
      expiresAt: new Date("2026-11-21T07:00:00.000Z"),
    });
  });

  it("may lack the mark of its kind, as older ones do", () => {
    expect(read(loginOf({}, { auth_mode: undefined })).expiresAt).toEqual(new Date(IN_AN_HOUR * 1000));
    expect(read(loginOf({}, { auth_mode: null })).expiresAt).toEqual(new Date(IN_AN_HOUR * 1000));
  });

  it("may have a key beside it, which is not touched", () => {
    expect(read(loginOf({}, { OPENAI_API_KEY: "sk-proj-beside" })).accessToken).toBe(tokenOf(CLAIMS));
  });
});

describe("a login that cannot be lent is refused in its own words", () => {
  const wrong: [string, string | undefined, RegExp][] = [
    ["no file", undefined, /there is no Codex login/],
    ["bad JSON", '{"tokens": sk-secret-1234}', /no JSON object/],
    ["a list", '["sk-secret-1234"]', /no JSON object/],
    ["an API key by its mark", JSON.stringify(loginOf({}, { auth_mode: "apikey" })), /is an API key/],
    ["an API key in the old spelling", JSON.stringify(loginOf({}, { auth_mode: "api_key" })), /is an API key/],
    ["an API key alone", '{"OPENAI_API_KEY": "sk-secret-1234"}', /is an API key/],
    [
      "another kind",
      JSON.stringify(loginOf({}, { auth_mode: "agentIdentity" })),
      /neither a device nor a ChatGPT login/,
    ],
    ["a mark that is no text", JSON.stringify(loginOf({}, { auth_mode: 7 })), /neither a device nor a ChatGPT login/],
    ["no tokens", '{"auth_mode": "chatgpt", "tokens": null}', /has no `tokens`/],
    ["no access token", JSON.stringify(loginOf({ access_token: undefined })), /has no access token/],
    ["an empty access token", JSON.stringify(loginOf({ access_token: "" })), /has no access token/],
    ["an access token that is no text", JSON.stringify(loginOf({ access_token: { a: 1 } })), /has no access token/],
    ["an opaque access token", JSON.stringify(loginOf({ access_token: "secret-1234" })), /no JSON Web Token/],
    ["claims that are no object", JSON.stringify(loginOf({ access_token: tokenOf([1]) })), /no JSON Web Token/],
    ["no exp", withClaims({ exp: undefined }), /does not tell when it expires/],
    ["an exp that is text", withClaims({ exp: String(IN_AN_HOUR) }), /does not tell when it expires/],
    ["an exp beyond all dates", withClaims({ exp: 1e300 }), /does not tell when it expires/],
    ["an exp in the past", withClaims({ exp: IN_AN_HOUR - 3600 }), /expired at 2026-11-21T06:00:00.000Z/],
    ["a negative exp", withClaims({ exp: -5 }), /expired at 1969/],
  ];

  it.each(wrong)("%s", (_name, text, words) => {
    const error = refusalOf(text);
    expect(error.code).toBe("invalid");
    expect(error.message).toMatch(words);
    expect(error.message).toContain("codex login --device-auth");
    expect(error.where).toBe(PATH);
    expect(error.message).not.toMatch(/secret-1234|refresh-token|\.abcdef/);
    expect(error.cause).toBeUndefined();
  });

  it("and no text of the file is in the words, whatever it is", () => {
    const secret = fc.stringMatching(/^[a-z0-9]{24}$/);
    fc.assert(
      fc.property(
        secret,
        fc.jsonValue(),
        fc.constantFrom("auth_mode", "tokens", "access_token", "raw"),
        (text, value, at) => {
          const hostile = { [text]: [text, value], auth_mode: at === "auth_mode" ? text : "chatgpt" };
          const tokens = at === "access_token" ? { access_token: `${text}.${text}.` } : text;
          const file = at === "raw" ? `${text} ${JSON.stringify(value)}` : JSON.stringify({ ...hostile, tokens });
          const error = refusalOf(file);
          expect(`${error.message} ${error.stack}`).not.toContain(text);
        },
      ),
    );
  });
});
