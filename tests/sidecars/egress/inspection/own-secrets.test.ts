import { describe, expect, test } from "vitest";

import { takeSecrets } from "#lib/take-secrets.ts";
import { ownSecrets } from "#sidecars/egress/inspection/own-secrets.ts";

describe("the bottle's own secrets", () => {
  test("are taken out of the environment, and the canary is told apart", () => {
    const env = {
      PATH: "/bin",
      EGRESS_SECRET_DB_PASSWORD: "hunter2hunter2",
      EGRESS_SECRET_CANARY: "c",
      EGRESS_SECRET_X: "",
    };
    expect(takeSecrets(env)).toEqual([
      { rule: "own:db_password", value: "hunter2hunter2" },
      { rule: "canary", value: "c" },
    ]);
    expect(env).toEqual({ PATH: "/bin" });
  });

  test("are tokens, their passwords and answers, each value once, and none that is a mere word", () => {
    const slots = new Map([
      ["EGRESS_TOKEN_0", "user:correct-horse"],
      ["EGRESS_TOKEN_1", "ghp_token_value"],
    ]);
    const secrets = [
      { rule: "own:short", value: "main" },
      { rule: "own:again", value: "ghp_token_value" },
      { rule: "canary", value: "canary-value" },
    ];
    expect(ownSecrets(slots, secrets)).toEqual([
      { rule: "own:egress_token_0", value: "user:correct-horse" },
      { rule: "own:egress_token_0", value: "correct-horse" },
      { rule: "own:again", value: "ghp_token_value" },
      { rule: "canary", value: "canary-value" },
    ]);
  });

  test("are looked for as JSON has them too, with letters beyond ASCII escaped in either case", () => {
    const values = ownSecrets(new Map(), [{ rule: "own:x", value: 'grün"käse' }]).map(({ value }) => value);
    expect(values).toEqual(['grün"käse', 'grün\\"käse', 'gr\\u00fcn\\"k\\u00e4se', 'gr\\u00FCn\\"k\\u00E4se']);
  });
});
