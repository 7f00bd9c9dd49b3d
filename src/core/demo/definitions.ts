// The demo's definitions, written to the operator's root when they are not there.

import { join } from "node:path";

import { INSIDE } from "#domain/boot/protocol.ts";
import { createExclusive } from "#lib/atomic-file.ts";
import { rootPaths } from "#lib/paths.ts";

/** The hosts that the demo's agent asks for; its upstream plays them. */
export const DEMO_HOSTS = ["packages.demo.test", "mirror.demo.test"] as const;

/** The name of the agent to start. */
export async function writeDemoDefinitions(root: string, hold: boolean): Promise<string> {
  const name = hold ? "demo-hold" : "demo";
  const { agents, bottles } = rootPaths(root);
  await createExclusive(join(bottles, `${name}.md`), bottleText(hold));
  await createExclusive(join(agents, `${name}.md`), agentText(name));
  return name;
}

function bottleText(hold: boolean): string {
  return `---
agent_provider:
  template: command
  command: ["${INSIDE.programs}/node", "${INSIDE.programs}/dist/demo/agent.js"]
${hold ? 'env:\n  DEMO_HOLD: "1"\n' : ""}egress:
  on_unknown_host: ${hold ? "hold" : "block"}
  routes: []
---
The bottle of \`bottle-dash demo\`. Delete it when you like: the demo writes it anew.
`;
}

function agentText(name: string): string {
  return `---
bottle: ${name}
---
A script that behaves like a coding agent, to show what bottle-dash does.
`;
}
