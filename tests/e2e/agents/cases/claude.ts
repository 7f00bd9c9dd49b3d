// Claude Code as the tests run it: with a made-up token of a subscription, in a variable of the operator's.

import { randomBytes } from "node:crypto";

import type { AgentCase } from "../agent-world.ts";

export const claude: AgentCase = {
  name: "claude",
  hosts: ["api.anthropic.com"],
  credential: () => `sk-ant-oat01-${randomBytes(32).toString("base64url")}`,
  equip: async ({ credential }) => ({
    env: { BOTTLE_CLAUDE_TOKEN: credential },
    provider: { auth_token: "BOTTLE_CLAUDE_TOKEN" },
  }),
  ready: /bypass permissions on/,
};
