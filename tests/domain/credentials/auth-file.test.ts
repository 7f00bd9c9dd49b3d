import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AUTH_FILE_LIMIT, type Identity, judgeAuthFile } from "#domain/credentials/auth-file.ts";

const login = (over: object = {}, tokens: object = {}) =>
  JSON.stringify({
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: { id_token: "a.b.c", access_token: "at-1", refresh_token: "rt-1", account_id: "acct-1", ...tokens },
    last_refresh: "2030-01-01T00:00:00Z",
    ...over,
  });
const OURS: Identity = { kind: "login", account: "acct-1" };
const why = (text: string, before: Identity | undefined = OURS): string => {
  const judged = judgeAuthFile(text, before);
  return judged.ok ? "" : judged.why;
};

describe("an auth.json that the agent left", () => {
  test("is good with tokens, or with an API key", () => {
    expect(judgeAuthFile(login(), OURS)).toEqual({ ok: true, identity: OURS });
    expect(judgeAuthFile(login({ later: { versions: ["add", 1] } }), OURS).ok).toBe(true);
    expect(judgeAuthFile('{"OPENAI_API_KEY": "sk-1"}', undefined)).toEqual({
      ok: true,
      identity: { kind: "api-key", account: undefined },
    });
  });

  test("that is half written is not, wherever it ends", () => {
    const whole = login();
    for (let length = 0; length < whole.length; length++) expect(why(whole.slice(0, length))).not.toBe("");
  });

  test.each([
    ["", "is empty"],
    ["{}", "holds no credential: logged out"],
    ['{"OPENAI_API_KEY": null, "tokens": null}', "holds no credential: logged out"],
    [login({ tokens: null }), "holds no credential: logged out"],
    [login({}, { access_token: "" }), "has another shape (tokens.access_token)"],
    [login({}, { refresh_token: null }), "has another shape (tokens.refresh_token)"],
    [login({ tokens: "at-1" }), "has another shape (tokens)"],
    [login({ tokens: [] }), "has another shape (tokens)"],
    ["[]", "has another shape"],
    ["null", "has another shape"],
    ['"text"', "has another shape"],
    [" ".repeat(AUTH_FILE_LIMIT + 1), "is too large"],
  ])("%j is none", (text, expected) => {
    expect(why(text)).toBe(expected);
  });

  test("must stay the same account's, and the same kind", () => {
    expect(why(login({}, { account_id: "acct-2" }))).toBe("belongs to another account");
    expect(why(login({}, { account_id: null }))).toBe("belongs to another account");
    expect(why('{"OPENAI_API_KEY": "sk-evil"}')).toBe("is an API key, no login any more");
    expect(why(login(), { kind: "api-key", account: undefined })).toBe("is a login, no API key any more");
    expect(why(login({}, { account_id: "acct-2" }), { kind: "login", account: undefined })).toBe("");
  });

  test("never throws, and never says a value of the file", () => {
    const secret = "s3cr3t-value";
    const shape = fc
      .jsonValue()
      .map((value) => JSON.stringify({ tokens: value, OPENAI_API_KEY: value, [secret]: value }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), shape, fc.json()), (text) => {
        const judged = judgeAuthFile(text.replaceAll("a", secret), OURS);
        expect(judged.ok ? "" : judged.why).not.toContain(secret);
      }),
    );
  });
});
