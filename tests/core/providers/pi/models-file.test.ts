import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";

import { stageModels } from "#core/providers/pi/models-file.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { agentsPath, requireAgents } from "#tests/helpers/agents/require-agents.ts";

const PATH = "/home/ann/.pi/agent/models.json";
const stage = (file: unknown) => stageModels(JSON.stringify(file), PATH);
const staged = (file: unknown): unknown => (JSON.parse(stage(file).text) as { providers: unknown }).providers;
const KEY = "sk-proj-Zm9vYmFyYmF6cXV4";

describe("what goes in", () => {
  test("addresses, models and their settings stay; the key becomes a placeholder", () => {
    const models = [{ id: "big", name: "Big", contextWindow: 1000, input: ["text"], compat: { supportsStore: false } }];
    const entry = { baseUrl: "http://llm.corp.example:8080/v1", api: "openai-completions", authHeader: true, models };
    expect(staged({ providers: { corp: { ...entry, apiKey: KEY } } })).toEqual({
      corp: { ...entry, apiKey: "egress-placeholder" },
    });
  });

  test("which hosts each provider is at, and its first model, in the order of the file", () => {
    const { providers } = stage({
      providers: {
        openai: { baseUrl: "https://gateway.example/openai/" },
        corp: {
          baseUrl: "https://a.example/v1",
          api: "openai-completions",
          models: [{ id: "one" }, { id: "two", baseUrl: "https://b.example/" }],
        },
      },
    });
    expect(providers).toEqual([
      { name: "openai", hosts: ["gateway.example"], model: undefined },
      { name: "corp", hosts: ["a.example", "b.example"], model: "one" },
    ]);
  });

  test("comments and commas before a closing bracket are allowed, as Pi allows them; not within text", () => {
    const text = '{ // mine\n "providers": {"corp": {"baseUrl": "https://a.example//v1,]", "headers": {}, }, }, }';
    expect(JSON.parse(stageModels(text, PATH).text)).toEqual({
      providers: { corp: { baseUrl: "https://a.example//v1,]", headers: {}, apiKey: "egress-placeholder" } },
    });
  });

  test("headers are placeholders but those that tell a server how to answer", () => {
    const headers = {
      "X-Team": KEY,
      "anthropic-beta": "fast-1",
      "User-Agent": "!cat ~/.netrc",
      Authorization: "Bearer x",
    };
    expect(staged({ providers: { corp: { baseUrl: "https://a.example", headers } } })).toEqual({
      corp: {
        baseUrl: "https://a.example",
        apiKey: "egress-placeholder",
        headers: {
          "X-Team": "egress-placeholder",
          "anthropic-beta": "fast-1",
          "User-Agent": "egress-placeholder",
          Authorization: "egress-placeholder",
        },
      },
    });
  });

  test("an address loses its user, password, query and fragment", () => {
    const baseUrl = `https://ann:${KEY}@a.example:8443/v1?key=${KEY}#${KEY}`;
    expect(staged({ providers: { corp: { baseUrl } } })).toMatchObject({
      corp: { baseUrl: "https://a.example:8443/v1" },
    });
  });

  test("a key that stands once more where nobody puts one is taken out there too", () => {
    const file = {
      providers: {
        corp: {
          baseUrl: "https://a.example/v1",
          api: "openai-completions",
          apiKey: KEY,
          models: [{ id: `m-${KEY}`, name: "fine" }],
          modelOverrides: { [KEY]: { name: "x" } },
        },
        [`my ${KEY}`]: { baseUrl: "https://b.example" },
        path: { baseUrl: `https://c.example/${KEY}/v1` },
        host: { baseUrl: `https://${KEY}.example` },
      },
    };
    expect(stage(file).text.toLowerCase()).not.toContain(KEY.toLowerCase());
    expect(Object.keys(staged(file) as object)).toEqual(["corp"]);
  });
});

describe("what stays out", () => {
  test("members that Pi does not know, and members of another type than it takes", () => {
    const entry = {
      baseUrl: "https://a.example",
      notes: KEY,
      oauth: { refresh: KEY },
      compat: { supportsStore: "yes" },
    };
    const models = [{ id: "one", cost: { input: "free" }, contextWindow: -1, headers: ["x"] }, { id: 7 }, null];
    expect(staged({ providers: { openai: { ...entry, models } } })).toEqual({
      openai: { baseUrl: "https://a.example", apiKey: "egress-placeholder", compat: {}, models: [{ id: "one" }] },
    });
  });

  test.each([
    ["nothing in it", {}],
    ["a provider of its own without an address", { api: "openai-completions", models: [{ id: "a" }] }],
    ["a model without an api", { baseUrl: "https://a.example", models: [{ id: "a" }] }],
    ["an override that is none", { modelOverrides: { big: "text" } }],
    ["no object", "text"],
    ["an address that is none", { baseUrl: "file:///etc/passwd" }],
  ])("an entry for which Pi would leave the whole file unread: %s", (_name, entry) => {
    expect(staged({ providers: { corp: entry } })).toEqual({});
  });

  test("one that is nested without end is refused, too", () => {
    const deep = `{"providers": {"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}}}`;
    expect(() => stageModels(deep, PATH)).toThrow(BottleError);
  });

  test.each(["", "{", "[]", '"text"', "null", '{"providers": []}', `{"providers": "${KEY}`])(
    "%j is refused whole, without a word of it",
    (text) => {
      const refused = (() => {
        try {
          return stageModels(text, PATH);
        } catch (error) {
          return error;
        }
      })();
      expect(refused).toBeInstanceOf(BottleError);
      expect(refused).toMatchObject({ code: "invalid", message: expect.stringContaining(PATH) as string });
      expect(JSON.stringify(refused) + String(refused)).not.toContain(KEY);
    },
  );
});

describe("hostile shapes", () => {
  const key = fc.stringMatching(/^[A-Za-z0-9_/+=.-]{12,60}$/);
  /** Anything, with the key wherever a text may be and under any name that Pi or a person may give. */
  const around = (secret: string) => {
    const text = fc.oneof(
      { weight: 3, arbitrary: fc.constant(secret) },
      fc.string(),
      fc.constant(`Bearer ${secret}`),
      fc.constant(`https://u:${encodeURIComponent(secret)}@h.example/v1?k=${encodeURIComponent(secret)}`),
      fc.constantFrom("https://h.example", "openai-completions", "anthropic"),
    );
    const name = fc.constantFrom(
      ..."name baseUrl apiKey api headers compat models modelOverrides id cost key token secret authorization x-api-key input".split(
        " ",
      ),
      "openai",
      "__proto__",
      "constructor",
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.boolean(),
        fc.double(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(name, tie("value"), { maxKeys: 6 }),
      ),
    }));
    return value;
  };

  test("a key under `apiKey` leaves in no shape, wherever else it stands", () => {
    const cases = key.chain((secret) =>
      fc.record({ secret: fc.constant(secret), entry: around(secret), other: around(secret) }),
    );
    fc.assert(
      fc.property(cases, ({ secret, entry, other }) => {
        const own = typeof entry === "object" && entry !== null && !Array.isArray(entry) ? entry : {};
        const { text } = stage({
          providers: { corp: { baseUrl: "https://a.example", ...own, apiKey: secret }, openai: other },
        });
        expect(text).not.toContain(secret);
        expect(text).not.toContain(encodeURIComponent(secret));
      }),
      { numRuns: 500 },
    );
  });

  test("whatever stands there, the result is a file that Pi reads: providers of objects with a placeholder as their key", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), around(KEY)), (providers) => {
        for (const entry of Object.values(staged({ providers }) as Record<string, { apiKey: string }>))
          expect(entry.apiKey).toBe("egress-placeholder");
      }),
    );
  });

  describe("are nothing that Pi itself stumbles over", requireAgents(), () => {
    test("its own registry of models reads the result without an error", async () => {
      const { ModelRegistry, AuthStorage } = await registryOfPi();
      const folder = mkdtempSync(join(tmpdir(), "pi-models-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const path = join(folder, "models.json");
      const named = fc.dictionary(fc.constantFrom("openai", "corp", "x y", "anthropic"), around(KEY));
      fc.assert(
        fc.property(named, (providers) => {
          writeFileSync(path, stage({ providers }).text);
          expect(ModelRegistry.create(AuthStorage.inMemory(), path).getError()).toBeUndefined();
        }),
      );
    });
  });
});

interface RegistryOfPi {
  readonly ModelRegistry: { create(auth: object, path: string): { getError(): string | undefined } };
  readonly AuthStorage: { inMemory(): object };
}

function registryOfPi(): Promise<RegistryOfPi> {
  const index = join(agentsPath(), "../@mariozechner/pi-coding-agent/dist/index.js");
  return import(pathToFileURL(index).href) as Promise<RegistryOfPi>;
}
