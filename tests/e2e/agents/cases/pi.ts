// Pi as the tests run it: with a made-up key that a route of the definition brings.

import type { AgentCase } from "../agent-world.ts";

export const pi: AgentCase = {
  name: "pi",
  hosts: ["openrouter.ai"],
  equip: async ({ credential }) => ({
    env: { OPENROUTER_API_KEY: credential },
    routes: [{ host: "openrouter.ai", auth: { scheme: "Bearer", token_ref: "OPENROUTER_API_KEY" } }],
  }),
  ready: /\(auto\)/,
};
