// What a provider is: how one kind of agent is set up in a bottle, as data. Backends apply it and know none by name.

import type { Route } from "#domain/egress/route.ts";

import type { GuestFile } from "./backend.ts";

export interface ProvisionSpec {
  /** `agent_provider.command` of the bottle definition; only for providers that take one. */
  readonly command: readonly string[] | undefined;
  /** The agent definition's body. */
  readonly prompt: string;
  /** Absolute folders inside the bottle. */
  readonly home: string;
  readonly workspace: string;
}

export interface ProviderPlan {
  readonly argv: readonly string[];
  readonly resumeArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Names in `env` that hold placeholders and are left out of the preflight. */
  readonly hidden: readonly string[];
  readonly files: readonly GuestFile[];
  /** Routes that the provider needs; it owns their hosts. */
  readonly routes: readonly Route[];
}

export interface Provider {
  readonly name: string;
  /** Throws BottleError `invalid` when the definition lacks what this provider needs. */
  provision(spec: ProvisionSpec): ProviderPlan;
}
