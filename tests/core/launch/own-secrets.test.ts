import { describe, expect, test } from "vitest";

import { agentSecrets, newCanary } from "#core/launch/own-secrets.ts";
import type { EnvValues } from "#domain/definition/environment.ts";

describe("the canary", () => {
  test("is the same value for the agent, in its home and for the proxy, and new each time", () => {
    const canary = newCanary();
    const value = canary.secret["EGRESS_SECRET_CANARY"] ?? "";
    expect(value).toMatch(/^bsk_live_[A-Za-z0-9]{40}$/);
    expect(Object.values(canary.env)).toEqual([value]);
    expect(canary.file).toMatchObject({ content: expect.stringContaining(value), mode: 0o600 });
    expect(newCanary().secret).not.toEqual(canary.secret);
  });

  test("is told of without its value", () => {
    const canary = newCanary();
    expect(canary.text).toContain("$BOTTLE_SERVICE_TOKEN");
    expect(canary.text).not.toContain(canary.secret["EGRESS_SECRET_CANARY"]);
  });
});

describe("the secrets among the agent's variables", () => {
  const values: EnvValues = {
    LOG_LEVEL: { kind: "literal", value: "debug" },
    API_KEY: { kind: "literal", value: "written-in-the-definition" },
    DB: { kind: "prompt", prompt: "Password" },
    EDITOR: { kind: "host", variable: "EDITOR" },
    PAT: { kind: "host", variable: "GH_TOKEN" },
    canary: { kind: "prompt", prompt: "" },
    LATER: { kind: "prompt", prompt: "" },
  };
  const env = { LOG_LEVEL: "debug", API_KEY: "x", DB: "hunter22", EDITOR: "vi", PAT: "ghp_1", canary: "mine" };

  test("are the answers, and what comes from a variable that is called like one", () => {
    expect(agentSecrets(values, env)).toEqual({
      EGRESS_SECRET_DB: "hunter22",
      EGRESS_SECRET_PAT: "ghp_1",
      EGRESS_SECRET_CANARY_VARIABLE: "mine",
    });
  });
});
