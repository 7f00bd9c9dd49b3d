// Whether the real agents are installed here, and where.

import { existsSync } from "node:fs";
import { join } from "node:path";

import { requirement, type Requirement } from "../require.ts";

/** For `describe`: skipped, with the reason, where they are not. BOTTLE_REQUIRE calls it `agents`. */
export function requireAgents(): Requirement {
  return requirement("agents", () => {
    const missing = ["claude", "codex", "pi"].filter((name) => !existsSync(join(agentsPath(), name)));
    if (missing.length === 0) return undefined;
    return `${missing.join(", ")} not installed in .agents: run \`npm run agents:install\``;
  });
}

/** The folder with their commands: for the PATH of the command line, whose local bottles find them there. */
export function agentsPath(): string {
  return join(agentsFolder(), "node_modules/.bin");
}

/** Where `npm run agents:install` put them. */
export function agentsFolder(): string {
  return join(import.meta.dirname, "../../../.agents");
}
