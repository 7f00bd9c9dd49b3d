// Whether the real agents are installed here, and where.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { requirement, type Requirement } from "../require.ts";

/** For `describe`: skipped, with the reason, where they are not. BOTTLE_REQUIRE calls it `agents`. */
export function requireAgents(): Requirement {
  return requirement("agents", () => {
    const missing = Object.entries(wanted()).filter(([name, version]) => installed(name) !== version);
    if (missing.length === 0) return undefined;
    const names = missing.map(([name, version]) => `${name} ${version}`).join(", ");
    return `not installed in .agents: ${names}: run \`npm run agents:install\``;
  });
}

/** Package → version. */
function wanted(): Readonly<Record<string, string>> {
  const path = join(import.meta.dirname, "../../../fixtures/agents/package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { dependencies: Record<string, string> }).dependencies;
}

function installed(name: string): string | undefined {
  const path = join(agentsFolder(), "node_modules", name, "package.json");
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** The folder with their commands: for the PATH of the command line, whose local bottles find them there. */
export function agentsPath(): string {
  return join(agentsFolder(), "node_modules/.bin");
}

/** Where `npm run agents:install` put them. */
export function agentsFolder(): string {
  return join(import.meta.dirname, "../../../.agents");
}
