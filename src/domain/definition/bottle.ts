// The front matter of a bottle definition: which keys there are and what each may be.

import * as z from "zod";

import type { EgressBudget, Route, UnknownHostPolicy } from "#domain/egress/route.ts";
import { NAME } from "#domain/slug.ts";

import { BACKEND_NAME, BACKEND_RULE } from "./backend-name.ts";
import { BudgetKeys, EgressKeys } from "./egress.ts";
import { EnvKeys, type EnvValues } from "./environment.ts";
import { GitGateKeys, type GitRepo, type GitUser } from "./git-gate.ts";
import { type AgentProvider, ProviderKeys } from "./provider.ts";
import { ResourceKeys } from "./resources.ts";

export const NAME_RULE = "must be a definition's name: a-z, 0-9 and -, a letter first";

export const RENAMED_GIT =
  "was renamed: write `user` under `git-gate.user`, and each remote under `git-gate.repos.<name>` with url, identity and host_key";

export const BottleKeys = z.strictObject({
  /** The parent, whose keys come first. */
  extends: z.string().regex(NAME, NAME_RULE).optional(),
  env: EnvKeys.optional(),
  agent_provider: ProviderKeys.optional(),
  "git-gate": GitGateKeys.optional(),
  egress: EgressKeys.optional(),
  /** Default true. */
  supervise: z.boolean().optional(),
  backend: z.string().regex(BACKEND_NAME, BACKEND_RULE).optional(),
  /** docker only: another OCI runtime that the daemon has, such as runsc. */
  runtime: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "must be the name of a runtime that the daemon has, such as runsc")
    .optional(),
  resources: ResourceKeys.optional(),
  /** What the bottle may use of the network in all. */
  budget: BudgetKeys.optional(),
  git: z.never({ error: RENAMED_GIT }).optional(),
});
export type BottleKeys = z.infer<typeof BottleKeys>;

/** A bottle definition with its parents merged and its defaults filled in: what a launch starts from. */
export interface Bottle {
  readonly name: string;
  /** Itself first, then its parents. */
  readonly chain: readonly string[];
  readonly env: EnvValues;
  readonly agent_provider: AgentProvider;
  readonly git_user: GitUser;
  readonly git_repos: Readonly<Record<string, GitRepo>>;
  readonly egress: {
    readonly on_unknown_host: UnknownHostPolicy;
    readonly hold_seconds: number;
    readonly hosts: Readonly<Record<string, string>>;
    /** Absolute. */
    readonly upstream_ca: string | undefined;
    readonly routes: readonly Route[];
  };
  readonly budget: EgressBudget | undefined;
  readonly supervise: boolean;
  /** Undefined: whichever works here. */
  readonly backend: string | undefined;
  readonly runtime: string | undefined;
  readonly resources: { readonly cpus?: number; readonly memory?: number; readonly pids?: number };
}
