// One push from its announcement to its end: fetch, decide, scan, forward. The mirror moves only when this says yes.

import type { SecretScanner } from "#domain/secrets/scanner.ts";

import type { Environment } from "../git/environment.ts";
import { CannotScan, scanPush, type Scanned } from "../scan/scan-push.ts";
import { decidePush, type Change, type RefFacts } from "./decide.ts";
import { forwardPush, type Upstream } from "./forward.ts";
import { afterChanges, readMadeRefs, writeMadeRefs } from "./made-refs.ts";
import { readUpdates, type Update } from "./read-updates.ts";
import { sayFindings, sayForwarded, sayProblems } from "./say.ts";
import { streamGit } from "./stream-git.ts";

interface Gate {
  readonly repo: { readonly name: string; readonly force_push: boolean };
  readonly upstream: Upstream;
  readonly scanner: SecretScanner;
  /** git's, in the mirror; `quarantined` sees what is pushed as well. */
  readonly env: Environment;
  readonly quarantined: Environment;
  /** The descriptor that holds the mirror's lock. */
  readonly lock?: number;
  /** state/<slug>/git-gate/<name>.made.json. */
  readonly madeRefs: string;
  readonly mostScanMs: number;
  readonly mostForwardMs: number;
  readonly mostCommits: number;
  /** Looks for more with a scanner of somebody else's, when it is there. */
  readonly second: SecondScanner;
  readonly signal: AbortSignal;
  say(lines: readonly string[]): void;
}

export interface SecondScanner {
  /** For people: which scanners looked. */
  readonly names: string;
  scan(news: readonly string[], signal: AbortSignal): Promise<Scanned["findings"]>;
}

interface Outcome {
  readonly accepted: boolean;
  /** One sentence for the audit log; names refs and rules, never a secret. */
  readonly detail: string;
}

export async function receivePush(input: Uint8Array, gate: Gate): Promise<Outcome> {
  const read = readUpdates(input);
  if ("problems" in read) return refuse(gate, sayProblems(read.problems), "the refs", refsOf(read.problems));
  const { updates } = read;
  const unreachable = await gate.upstream.fetch(gate.signal);
  if (unreachable !== undefined)
    return refuse(
      gate,
      ["refused; nothing was pushed", `  ${unreachable}`],
      "upstream cannot be reached",
      refsOf(updates),
    );

  const made = await readMadeRefs(gate.madeRefs, (problem) => gate.say([problem]));
  const verdict = decidePush(await gatherFacts(updates, made, gate), gate.repo);
  if (!verdict.ok) return refuse(gate, sayProblems(verdict.problems), "not allowed", refsOf(verdict.problems));

  const scanned = await scanChanges(verdict.changes, gate);
  if ("refusal" in scanned) return refuse(gate, scanned.lines, scanned.refusal, refsOf(updates));

  const forwarded = await forwardPush(verdict.changes, gate.upstream, gate);
  gate.say(sayForwarded(forwarded));
  if (forwarded.is === "refused") return outcome(false, "upstream refused", refsOf(updates));
  if (forwarded.is === "failed") return outcome(false, `upstream failed (${forwarded.upstream})`, refsOf(updates));
  await remember(gate, afterChanges(made, verdict.changes));
  return outcome(true, scanned.told, verdict.changes.map(sayChange));
}

/** Upstream has it already: what cannot be written down makes it no less true. */
async function remember({ madeRefs, say }: Gate, made: ReadonlyMap<string, string>): Promise<void> {
  try {
    await writeMadeRefs(madeRefs, made);
  } catch (error) {
    say([
      `what this bottle has made cannot be written down (${error instanceof Error ? error.message : String(error)})`,
    ]);
  }
}

function refuse(gate: Gate, lines: readonly string[], why: string, refs: readonly string[]): Outcome {
  gate.say(lines);
  return outcome(false, why, refs);
}

const MOST_REFS = 10;

function outcome(accepted: boolean, why: string, refs: readonly string[]): Outcome {
  const more = refs.length > MOST_REFS ? ` and ${refs.length - MOST_REFS} more` : "";
  return { accepted, detail: `${refs.slice(0, MOST_REFS).join(", ")}${more}: ${why}` };
}

function refsOf(things: readonly { readonly ref: string }[]): string[] {
  return things.map(({ ref }) => (ref === "" ? "(no name)" : ref));
}

function sayChange({ ref, kind, old, new: to }: Change): string {
  const short = (id: string | undefined): string => (id ?? "").slice(0, 10);
  switch (kind) {
    case "create":
      return `${ref} made at ${short(to)}`;
    case "update":
      return `${ref} ${short(old)}..${short(to)}`;
    case "force":
      return `${ref} forced ${short(old)}...${short(to)}`;
    case "delete":
      return `${ref} deleted (was ${short(old)})`;
  }
}

async function gatherFacts(
  updates: readonly Update[],
  made: ReadonlyMap<string, string>,
  { env, quarantined, signal }: Gate,
): Promise<RefFacts[]> {
  const listed = await streamGit(["for-each-ref", "--format=%(objectname) %(refname)"], { env, signal });
  if (listed.code !== 0) throw new Error("git cannot list the refs of the mirror");
  const refs = new Map(
    listed.stdout.split("\n").map((line) => [line.slice(line.indexOf(" ") + 1), line.split(" ")[0]]),
  );
  const facts: RefFacts[] = [];
  for (const update of updates) {
    const { ref, old, new: to } = update;
    // oxlint-disable-next-line no-await-in-loop -- a git for each: not all of them at once
    const isFastForward = old !== undefined && to !== undefined && (await isAncestor(old, to, quarantined, signal));
    facts.push({ ...update, upstream: refs.get(ref), isFastForward, pushedHere: made.get(ref) });
  }
  return facts;
}

/** False too where it cannot be told: then it is a force. */
async function isAncestor(old: string, to: string, env: Environment, signal: AbortSignal): Promise<boolean> {
  return (await streamGit(["merge-base", "--is-ancestor", old, to], { env, signal })).code === 0;
}

type ScanEnd = { readonly told: string } | { readonly refusal: string; readonly lines: readonly string[] };

async function scanChanges(changes: readonly Change[], gate: Gate): Promise<ScanEnd> {
  const pushed = changes.flatMap(({ ref, new: to }) => (to === undefined ? [] : [{ ref, new: to }]));
  if (pushed.length === 0) return { told: "nothing to scan" };
  const signal = AbortSignal.any([gate.signal, AbortSignal.timeout(gate.mostScanMs)]);
  try {
    const { scanner, quarantined: env, mostCommits } = gate;
    const scanned = await scanPush(pushed, { scanner, env, signal, mostCommits });
    const more = await gate.second.scan(
      pushed.map((ref) => ref.new),
      signal,
    );
    const findings = [...scanned.findings, ...more];
    const told = `${scanned.commits} new ${scanned.commits === 1 ? "commit" : "commits"} scanned by ${gate.second.names}`;
    const rules = rulesOf(findings);
    const lines = [...sayFindings(findings, scanned.isFull), told];
    if (rules !== "") return { refusal: `secrets (${rules}); ${told}`, lines };
    gate.say(lines);
    return { told };
  } catch (error) {
    if (!(error instanceof CannotScan)) throw error;
    return {
      refusal: `it could not be scanned (${error.message})`,
      lines: [`refused; nothing was pushed: it cannot be scanned: ${error.message}`],
    };
  }
}

/** `github-pat 2, private-key 1`. */
function rulesOf(findings: Scanned["findings"]): string {
  const counts = new Map<string, number>();
  for (const { rule, severity } of findings) if (severity === "block") counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].map(([rule, count]) => `${rule} ${count}`).join(", ");
}
