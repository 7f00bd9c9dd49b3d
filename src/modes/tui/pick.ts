// The agents that a filter leaves in the picker.

import type { AgentChoice } from "#contracts/console.ts";

export function filteredAgents(picker: {
  readonly agents: readonly AgentChoice[] | null;
  readonly filter: string;
}): readonly AgentChoice[] {
  const wanted = picker.filter.toLowerCase();
  return (picker.agents ?? []).filter(({ name, bottle, provider }) =>
    `${name} ${bottle} ${provider}`.toLowerCase().includes(wanted),
  );
}
