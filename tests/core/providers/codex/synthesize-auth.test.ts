import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readHostAuth } from "#core/providers/codex/read-host-auth.ts";
import { synthesizeAuth } from "#core/providers/codex/synthesize-auth.ts";

import { ACCOUNT, AUTH, CLAIMS, ID_CLAIMS, IN_AN_HOUR, loginOf, NOW, tokenOf } from "./logins.ts";

interface Synthesized {
  readonly tokens: Readonly<Record<"id_token" | "access_token" | "refresh_token" | "account_id", string>>;
  readonly [key: string]: unknown;
}

/** As text, for a file may have the same name twice. */
function textFrom(file: string): string {
  return synthesizeAuth(readHostAuth(file, "auth.json", NOW), NOW).text;
}

function from(login: unknown): Synthesized {
  return JSON.parse(textFrom(JSON.stringify(login))) as Synthesized;
}

function claims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as Record<string, unknown>;
}

/** The text, and what is in its tokens. */
function everything(text: string): string {
  const { tokens } = JSON.parse(text) as Synthesized;
  const inside = [tokens.id_token, tokens.access_token].flatMap((token) =>
    token.split(".").map((part) => Buffer.from(part, "base64url").toString("utf8")),
  );
  return [text, ...inside].join("\n");
}

const accountIn = (token: string): unknown => (claims(token)[AUTH] as Record<string, unknown>)["chatgpt_account_id"];

describe("the login that a bottle gets", () => {
  it("keeps the kind, the account, the plan, the times and the audiences, and nothing else", () => {
    const made = from(loginOf());
    expect(made).toEqual({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: {
        id_token: expect.any(String),
        access_token: expect.any(String),
        refresh_token: "bot-bottle-placeholder",
        account_id: ACCOUNT,
      },
      last_refresh: NOW.toISOString(),
    });
    expect(claims(made.tokens.access_token)).toEqual({
      aud: CLAIMS.aud,
      exp: CLAIMS.exp,
      iat: CLAIMS.iat,
      nbf: CLAIMS.nbf,
      pwd_auth_time: CLAIMS.pwd_auth_time,
      iss: "bot-bottle-placeholder",
      sub: "bot-bottle-placeholder",
      session_id: "bot-bottle-placeholder",
      scp: [],
      email: "bot-bottle@example.invalid",
      email_verified: true,
      [AUTH]: {
        chatgpt_account_id: ACCOUNT,
        chatgpt_account_user_id: "bot-bottle-placeholder",
        chatgpt_plan_type: "pro",
        chatgpt_user_id: "bot-bottle-placeholder",
        user_id: "bot-bottle-placeholder",
        localhost: true,
        organizations: [],
      },
      "https://api.openai.com/profile": { email: "bot-bottle@example.invalid", email_verified: true },
    });
    expect(claims(made.tokens.id_token)["aud"]).toEqual(ID_CLAIMS.aud);
  });

  it("has tokens that nobody signed", () => {
    for (const token of [from(loginOf()).tokens.id_token, from(loginOf()).tokens.access_token]) {
      const [header, , signature] = token.split(".");
      expect(JSON.parse(Buffer.from(header ?? "", "base64url").toString())).toEqual({ alg: "none", typ: "JWT" });
      expect(signature).toBe("placeholder");
    }
  });

  it("has whole tokens although the operator's id token is none", () => {
    for (const id_token of [undefined, null, 7, "opaque", { nested: "secret" }]) {
      const made = from(loginOf({ id_token }));
      expect(claims(made.tokens.id_token)).toMatchObject({ exp: IN_AN_HOUR, email: "bot-bottle@example.invalid" });
    }
  });

  it("takes its end from the access token, and drops times that are none", () => {
    const odd = { iat: -1, nbf: 1e300, auth_time: "1763700000", pwd_auth_time: 123_456_789 };
    const made = claims(from(loginOf({ access_token: tokenOf({ ...CLAIMS, ...odd }) })).tokens.access_token);
    expect(made["exp"]).toBe(IN_AN_HOUR);
    for (const name of Object.keys(odd)) expect(made).not.toHaveProperty(name);
  });

  it("keeps no plan, account or audience that is not of the one form", () => {
    const auth = { ...CLAIMS[AUTH], chatgpt_plan_type: "hunter2hunter2", chatgpt_account_id: "sk-proj-abcdefgh" };
    const token = tokenOf({ ...CLAIMS, aud: ["https://api.openai.com/v1", "secret-audience", 7, ["x"]], [AUTH]: auth });
    const made = from(loginOf({ access_token: token, account_id: tokenOf(CLAIMS) }));
    const kept = claims(made.tokens.access_token);
    expect(kept["aud"]).toEqual(["https://api.openai.com/v1"]);
    expect(kept[AUTH]).toMatchObject({ chatgpt_plan_type: "unknown", chatgpt_account_id: "bot-bottle-placeholder" });
    expect(made.tokens.account_id).toBe("bot-bottle-placeholder");
  });
});

describe("a secret that looks like what is kept", () => {
  it.each(["refresh_token", "id_token", "a_new_field"])("is not kept as the account when it is %s too", (name) => {
    const made = from(loginOf({ [name]: ACCOUNT }));
    expect(made.tokens.account_id).toBe("bot-bottle-placeholder");
    expect(accountIn(made.tokens.access_token)).toBe("bot-bottle-placeholder");
  });

  it("is not kept when it is a part of a token, the API key, or a name", () => {
    for (const login of [
      loginOf({ refresh_token: `rt_${ACCOUNT}` }),
      loginOf({}, { OPENAI_API_KEY: ACCOUNT }),
      loginOf({}, { [ACCOUNT]: true }),
    ]) {
      expect(everything(textFrom(JSON.stringify(login)))).not.toContain(ACCOUNT);
    }
  });

  it("is not kept from names that only look like the right ones", () => {
    const file = JSON.stringify(loginOf({ account_id: undefined, Account_ID: ACCOUNT, ACCOUNT_ID: ACCOUNT }));
    expect((JSON.parse(textFrom(file)) as Synthesized).tokens.account_id).toBeNull();
  });

  it("does not come through `__proto__`, nor through a name that stands there twice", () => {
    const plain = JSON.stringify(loginOf({ account_id: undefined }));
    const proto = plain.replace('"tokens":{', `"tokens":{"__proto__":{"account_id":"${ACCOUNT}"},`);
    expect((JSON.parse(textFrom(proto)) as Synthesized).tokens.account_id).toBeNull();
    const twice = JSON.stringify(loginOf({ account_id: "hidden-secret-1" })).replace(
      '"account_id":"hidden-secret-1"',
      '"account_id":"hidden-secret-1","account_id":"hidden-secret-2"',
    );
    expect(everything(textFrom(twice))).not.toMatch(/hidden-secret/);
  });
});

/** Long enough to be a secret, in the forms that they have; none is a word that every login has. */
const secret = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/),
  fc.stringMatching(/^rt_[a-z0-9]{16}\.[a-z0-9]{16}$/),
  fc.stringMatching(/^sk-proj-[A-Za-z0-9]{24}$/),
  fc.uuid(),
  fc.stringMatching(/^app_[A-Za-z0-9]{24}$/),
  fc.stringMatching(/^user-[A-Za-z0-9]{24}$/),
  fc.string({ minLength: 12, maxLength: 30, unit: "grapheme" }).filter((text) => text.trim().length >= 12),
);

/** A value of any shape with the secret in it: as text, as a name, deep down, within a token. */
function hiding(text: string): fc.Arbitrary<unknown> {
  const leaf = fc.constantFrom<unknown>(
    text,
    `x${text}y`,
    [text],
    { [text]: 1 },
    tokenOf({ sub: text, aud: [text] }),
    tokenOf({ exp: text }, text.replaceAll(/[^\w-]/g, "")),
  );
  const odd = fc.constantFrom<unknown>(null, true, 0, -1, 1e300, "", [], {});
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      odd,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(names, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
}

const names = fc.constantFrom(
  "id",
  "email",
  "account_id",
  "chatgpt_account_id",
  "aud",
  "__proto__",
  "constructor",
  "localhost",
  AUTH,
  "exp",
);
const places = fc.constantFrom(
  "refresh_token",
  "id_token",
  "OPENAI_API_KEY",
  "last_refresh",
  "unknown_field",
  "Account_ID",
  "__proto__",
  "toString",
);

describe("whatever the operator's file looks like", () => {
  it("no secret of it is in the bottle's, even one that stands where something is kept as well", () => {
    const hostile = secret.chain((text) =>
      fc.record({
        text: fc.constant(text),
        // What makes it a secret: it is the refresh token, or the key.
        as: fc.constantFrom("refresh_token", "OPENAI_API_KEY"),
        tokens: fc.dictionary(places, hiding(text), { maxKeys: 4 }),
        file: fc.dictionary(places, hiding(text), { maxKeys: 4 }),
        claims: fc.dictionary(fc.oneof(names, fc.constantFrom("sub", "sid", "jti", "scp", "amr", text)), hiding(text), {
          maxKeys: 5,
        }),
        auth: fc.dictionary(
          fc.constantFrom("chatgpt_plan_type", "chatgpt_account_id", "chatgpt_user_id", "groups", "localhost", text),
          fc.oneof(fc.constant(text), hiding(text)),
          { maxKeys: 5 },
        ),
        account: fc.oneof(fc.constant(text), hiding(text)),
        audience: fc.array(fc.oneof(fc.constant(text), fc.constant(`https://${text}.openai.com`), hiding(text)), {
          maxLength: 4,
        }),
      }),
    );
    fc.assert(
      fc.property(hostile, ({ text, as, tokens, file, claims: more, auth, account, audience }) => {
        const access = { ...CLAIMS, ...more, exp: IN_AN_HOUR, aud: audience, [AUTH]: auth };
        const own = {
          ...tokens,
          access_token: tokenOf(access, "hostsignature"),
          account_id: account,
          ...(as === "refresh_token" ? { [as]: text } : {}),
        };
        const login = {
          ...loginOf(own),
          ...file,
          auth_mode: "chatgpt",
          tokens: { ...(loginOf(own)["tokens"] as object) },
          ...(as === "OPENAI_API_KEY" ? { [as]: text } : {}),
        };
        const made = everything(textFrom(JSON.stringify(login)));
        expect(made).not.toContain(text);
        expect(made).not.toContain(JSON.stringify(text).slice(1, -1));
        expect(made).not.toContain("hostsignature");
        expect(made).not.toContain(tokenOf(access).split(".")[1]);
      }),
      { numRuns: 500 },
    );
  });

  it("has the same names, whatever names the operator's has", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (more) => {
        const made = from({ ...more, ...loginOf({ ...more, ...(loginOf()["tokens"] as object) }) });
        expect(Object.keys(made)).toEqual(["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"]);
        expect(Object.keys(made.tokens)).toEqual(["id_token", "access_token", "refresh_token", "account_id"]);
      }),
    );
  });
});
