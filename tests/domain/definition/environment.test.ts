import { describe, expect, test } from "vitest";

import { type EnvValues, readEnv } from "#domain/definition/environment.ts";

const VALUES = {
  LEVEL: { kind: "literal", value: "debug" },
  KEY: { kind: "prompt", prompt: "The key" },
  PIN: { kind: "prompt", prompt: "" },
  EDITOR: { kind: "host", variable: "EDITOR" },
} as const;

describe("readEnv", () => {
  test("takes what is known and asks for the rest", () => {
    expect(readEnv(VALUES, { EDITOR: "vi" }, {})).toEqual({
      env: { LEVEL: "debug", EDITOR: "vi" },
      questions: [
        { name: "KEY", prompt: "The key" },
        { name: "PIN", prompt: "PIN" },
      ],
    });
  });

  test("takes answers, an empty one too", () => {
    expect(readEnv(VALUES, { EDITOR: "" }, { KEY: "k", PIN: "" })).toEqual({
      env: { LEVEL: "debug", EDITOR: "", KEY: "k", PIN: "" },
      questions: [],
    });
  });

  test("takes nothing from an object's own machinery", () => {
    const values: EnvValues = Object.fromEntries([["constructor", { kind: "prompt", prompt: "?" } as const]]);
    expect(readEnv(values, {}, {}).questions).toHaveLength(1);
    expect(() => readEnv({ A: { kind: "host", variable: "toString" } }, {}, {})).toThrow("toString (for A)");
  });

  test("names every variable that is not set", () => {
    const values = { A: { kind: "host", variable: "X" }, B: { kind: "host", variable: "Y" } } as const;
    expect(() => readEnv(values, {}, {})).toThrow(
      "env: not set in your environment: X (for A), Y (for B); export it before the launch, or change the definition",
    );
  });
});
