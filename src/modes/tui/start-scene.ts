// The screens on the way to a launch: which agent, with what, and where.

import type { ScreenProps } from "#components/dashboard.tsx";

import { filteredAgents } from "./pick.ts";
import type { Layer } from "./view.ts";

interface StartScreen {
  readonly screen: ScreenProps;
  readonly scrollable: number;
}

type StartLayer = Extract<Layer, { type: "picker" | "preflight" | "backends" }>;

export function startScreen(layer: StartLayer): StartScreen {
  switch (layer.type) {
    case "picker": {
      const agents = layer.agents === null ? null : filteredAgents(layer);
      return {
        screen: { type: "picker", agents, index: layer.index, filter: layer.filter },
        scrollable: Math.max(0, (agents?.length ?? 0) - 1),
      };
    }
    case "preflight":
      return preflightScreen(layer);
    case "backends":
      return {
        screen: { type: "backends", backends: layer.backends, index: layer.index, now: layer.request.backend ?? "" },
        scrollable: Math.max(0, (layer.backends?.length ?? 0) - 1),
      };
  }
}

function preflightScreen({ plan, problem, request, scroll }: Extract<StartLayer, { type: "preflight" }>): StartScreen {
  const copies = request.copyCwd !== undefined;
  return {
    screen: { type: "preflight", agent: request.agent, plan, problem, copies, scroll },
    scrollable: Math.max(0, (plan?.lines.length ?? 0) - 3),
  };
}
