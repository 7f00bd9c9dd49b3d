import { randomBytes } from "node:crypto";

import { agentLoop } from "./agent-loop.ts";

agentLoop({
  name: "claude",
  hosts: ["api.anthropic.com"],
  credential: () => `sk-ant-oat01-${randomBytes(32).toString("base64url")}`,
  equip: async ({ credential }) => ({
    env: { BOTTLE_CLAUDE_TOKEN: credential },
    provider: { auth_token: "BOTTLE_CLAUDE_TOKEN" },
  }),
  ready: /bypass permissions on/,
});
