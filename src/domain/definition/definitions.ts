// Everything that bottles can be made from, as read from disk: what is well-formed, and what is wrong with the rest.

import type { Problem } from "#domain/problem/problem.ts";

import type { BottleKeys } from "./bottle.ts";
import type { GitUser } from "./git-gate.ts";

/** Where an agent definition came from; a repository's is hostile text and wins by name. */
export type Origin = "root" | "repository";

/** A bottle definition as its file has it: `extends` is not followed yet, and a missing key is missing. */
export interface BottleDefinition {
  readonly name: string;
  readonly path: string;
  readonly keys: BottleKeys;
}

export interface AgentDefinition {
  readonly name: string;
  readonly path: string;
  readonly from: Origin;
  /** The bottle definition's name. */
  readonly bottle: string;
  readonly skills: readonly string[];
  readonly git_user: GitUser;
  /** The body, trimmed. */
  readonly prompt: string;
}

/** A file that is there and cannot be used: it keeps its name taken, so that nothing else runs under it unseen. */
export interface BrokenDefinition {
  readonly kind: "bottle" | "agent";
  readonly from: Origin;
  readonly name: string;
  readonly path: string;
  readonly problems: readonly Problem[];
}

export interface Definitions {
  readonly bottles: ReadonlyMap<string, BottleDefinition>;
  readonly agents: ReadonlyMap<string, AgentDefinition>;
  readonly broken: readonly BrokenDefinition[];
  /** The operator's home folder, for paths that begin with `~/`. */
  readonly home: string | undefined;
  /** All of them: of the broken ones, of `extends` chains, of skipped files. */
  readonly problems: readonly Problem[];
}

/** Warnings about the bottles of a chain, in its order. */
export function warningsOf({ bottles, problems }: Definitions, chain: readonly string[]): readonly Problem[] {
  const paths = chain.map((name) => bottles.get(name)?.path);
  return paths.flatMap((path) => problems.filter((one) => one.severity === "warning" && one.path === path));
}
