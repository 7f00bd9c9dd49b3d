// Starts the demo: its definitions, its upstream, its bottle. For the command and for the dashboard's welcome screen.

import type { LaunchStep } from "#contracts/backend.ts";
import type { Console } from "#contracts/console.ts";
import { bottlePaths } from "#lib/paths.ts";

import { DEMO_HOSTS, writeDemoDefinitions } from "./definitions.ts";
import { startUpstream } from "./upstream.ts";

export interface DemoOptions {
  /** Unknown hosts' requests wait for the operator. */
  readonly hold: boolean;
  /** Where its bottle runs; the first backend that works here when undefined. */
  readonly backend?: string | undefined;
}

/** Resolves with the slug once the agent runs; whatever fails leaves nothing running. */
export async function startDemo(
  console: Console,
  { hold, backend }: DemoOptions,
  progress: (step: LaunchStep) => void,
  signal: AbortSignal,
): Promise<string> {
  const agent = await writeDemoDefinitions(console.root, hold);
  const upstream = await startUpstream();
  try {
    const hosts = Object.fromEntries(DEMO_HOSTS.map((host) => [host, `unix:${upstream.socket}`]));
    const preflight = await console.preflight({
      agent,
      label: "demo",
      hosts,
      upstreamCa: upstream.caPath,
      ...(backend === undefined ? {} : { backend }),
    });
    const slug = await console.launch(preflight, progress, signal);
    upstream.liveWith(bottlePaths(console.root, slug).init.socket);
    return slug;
  } catch (error) {
    upstream.end();
    throw error;
  }
}
