// Whether a push may change what it wants to change upstream: a pure decision over what is there now.

import type { RefProblem, Update } from "./read-updates.ts";

/** One update, with what the gate knows of it after it has fetched. */
export interface RefFacts extends Update {
  /** What upstream has now. */
  readonly upstream: string | undefined;
  /** Whether `new` has `old` in its history. */
  readonly isFastForward: boolean;
  /** What this bottle itself pushed last to a ref that it made. */
  readonly pushedHere: string | undefined;
}

export interface Change {
  readonly ref: string;
  readonly kind: "create" | "update" | "force" | "delete";
  readonly old: string | undefined;
  readonly new: string | undefined;
}

type Verdict =
  | { readonly ok: true; readonly changes: readonly Change[] }
  | { readonly ok: false; readonly problems: readonly RefProblem[] };

export function decidePush(
  facts: readonly RefFacts[],
  repo: { readonly name: string; readonly force_push: boolean },
): Verdict {
  const changes: Change[] = [];
  const problems: RefProblem[] = [];
  for (const fact of facts) {
    const change = { ref: fact.ref, kind: kindOf(fact), old: fact.old, new: fact.new };
    const problem = stale(fact) ?? notAllowed(change, fact, repo);
    if (problem === undefined) changes.push(change);
    else problems.push({ ref: fact.ref, problem });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, changes };
}

function kindOf({ ref, old, new: to, isFastForward }: RefFacts): Change["kind"] {
  if (to === undefined) return "delete";
  if (old === undefined) return "create";
  // A tag that moves is another one, whichever way it goes.
  return isFastForward && !ref.startsWith("refs/tags/") ? "update" : "force";
}

function stale({ old, upstream }: RefFacts): string | undefined {
  if (old === upstream) return undefined;
  if (upstream === undefined) return "upstream does not have it any more; fetch with --prune and push again";
  if (old === undefined) return "upstream has it already; fetch and push again";
  return "upstream has moved on; fetch, then rebase or merge, and push again";
}

function notAllowed(
  { kind, old }: Change,
  { ref, pushedHere }: RefFacts,
  { name, force_push }: { readonly name: string; readonly force_push: boolean },
): string | undefined {
  if (kind === "create" || kind === "update" || force_push || (old !== undefined && pushedHere === old))
    return undefined;
  const what =
    kind === "delete"
      ? "it would be deleted"
      : ref.startsWith("refs/tags/")
        ? "a tag that is there already would be moved"
        : "its history would be rewritten (not a fast-forward)";
  return `${what}, and this bottle did not make it as it is; the operator can allow that with git-gate.repos.${name}.force_push: true`;
}
