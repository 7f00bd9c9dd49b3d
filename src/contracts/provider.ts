// What a provider is: how one kind of agent is set up in a bottle, as data. Backends apply it and know none by name.

import type { AgentProvider } from "#domain/definition/provider.ts";
import type { Route, UnaskedCall } from "#domain/egress/route.ts";
import type { HostCredential } from "#domain/provider/credential.ts";
import type { ScreenRules } from "#domain/provider/screen-rules.ts";
import type { Skill } from "#domain/provider/skill.ts";
import type { TaskOutput } from "#domain/provider/task-output.ts";

import type { GuestFile, ImageSource, Program } from "./backend.ts";

export interface ProvisionSpec {
  /** `agent_provider` of the bottle definition, whole. */
  readonly settings: AgentProvider;
  /** Where problems are said to be: `bottle <name>`. */
  readonly where: string;
  /** The agent definition's body; may be empty. */
  readonly prompt: string;
  /** What it is given to do at once, without a screen (`--prompt`); undefined for an agent that somebody talks to. */
  readonly task: string | undefined;
  readonly resume: boolean;
  /** Absolute folders inside the bottle. */
  readonly home: string;
  readonly workspace: string;
  /** Where it starts: one of them. */
  readonly cwd: string;
  /** The definition's own routes: one with `auth` to a host of the provider's brings the credential for it. */
  readonly routes: readonly Route[];
  /** Where supervise answers MCP, and reports of state; undefined for a bottle without it. */
  readonly supervise: { readonly mcp: string; readonly state: string } | undefined;
  readonly skills: readonly Skill[];
  readonly operator: OperatorSide;
}

/** What a provider may see of the operator's machine. */
export interface OperatorSide {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The operator's home folder, absolute; undefined where there is none. */
  readonly home: string | undefined;
  readonly now: Date;
  /** At most 1 MiB, as text; undefined when there is no such file. Throws BottleError `invalid` for one that cannot be read. */
  readFile(path: string): Promise<string | undefined>;
}

export interface ProviderPlan {
  /** The executable that `argv` begins with, where it is not one of the system's own. */
  readonly program: Program | undefined;
  /** For this start: with its bypass arguments, and those of a task or of a resume where it is one. */
  readonly argv: readonly string[];
  /** How to read what a task prints; undefined for an agent that somebody talks to. */
  readonly taskOutput: TaskOutput | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Names in `env` that hold placeholders and are left out of the preflight. */
  readonly hidden: readonly string[];
  readonly files: readonly GuestFile[];
  /** Routes that the provider needs; it owns their hosts. */
  readonly routes: readonly Route[];
  /** What it calls at each start whatever its settings say, and works without: refused, and nobody is asked about it. */
  readonly unasked?: readonly UnaskedCall[];
  /** Credentials that the provider read on the operator's machine: its routes name them by `token_ref`. */
  readonly credentials: readonly HostCredential[];
  /** With `settings.seed`: where the agent keeps the credential of its own, absolute inside. The launch puts the seed there. */
  readonly ownCredential?: string;
  /** How its screen tells its state; undefined where nothing is known of it. */
  readonly screenRules: ScreenRules | undefined;
  /** It reports its own state to supervise: then its screen is not asked. */
  readonly reportsState: boolean;
  /** What the operator should know before the launch, a sentence each. */
  readonly warnings: readonly string[];
}

export interface Provider {
  readonly name: string;
  /** What its bottles are made from where the backend uses images and the definition names none. */
  readonly image: ImageSource;
  /** What `doctor` looks for; none where a definition says what runs. */
  readonly program?: Program;
  /** Throws BottleError `invalid` when the definition or the operator's machine lacks what it needs; creates nothing. */
  provision(spec: ProvisionSpec): Promise<ProviderPlan>;
}
