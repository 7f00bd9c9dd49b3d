// Hands the changes of a push to upstream: all of them or none, and only where upstream still has what they were judged by.

import type { Change } from "./decide.ts";
import type { Environment } from "../git/environment.ts";
import { readPushReport, type PushReport } from "./push-report.ts";
import { streamGit } from "./stream-git.ts";

export interface Upstream {
  /** What git is given for it, and how it is reached: GIT_SSH_COMMAND and the like. */
  connection(): Promise<{ readonly url: string; readonly env: Environment }>;
  /** Brings the mirror to where upstream is. Resolves to why it cannot, in one line; undefined when it did. */
  fetch(signal: AbortSignal): Promise<string | undefined>;
}

export type Forwarded =
  | {
      readonly is: "accepted";
      readonly said: readonly string[];
      /** The connection broke after it was. */ readonly brokeAfter: boolean;
    }
  | { readonly is: "refused"; readonly reasons: ReadonlyMap<string, string>; readonly said: readonly string[] }
  /** It went wrong on the way; what is known of upstream now. */
  | { readonly is: "failed"; readonly upstream: "unchanged" | "changed" | "unknown"; readonly said: readonly string[] };

/** `lock` is a descriptor: whatever is still under way to upstream holds the mirror's lock, should we be killed. */
interface Way {
  readonly quarantined: Environment;
  readonly lock?: number;
  /** An upstream that neither answers nor goes would keep everybody from pushing. */
  readonly mostForwardMs: number;
  readonly signal: AbortSignal;
}

export async function forwardPush(changes: readonly Change[], upstream: Upstream, way: Way): Promise<Forwarded> {
  const { url, env } = await upstream.connection();
  const late = AbortSignal.timeout(way.mostForwardMs);
  const task = { env: { ...way.quarantined, ...env }, signal: AbortSignal.any([way.signal, late]) };
  const lock = way.lock === undefined ? {} : { inherit: way.lock };
  const pushed = await streamGit(pushArguments(changes, url), { ...task, ...lock }).catch((error: unknown) => {
    if (late.aborted && !way.signal.aborted) return undefined;
    throw error;
  });
  if (pushed === undefined) return { is: "failed", upstream: "unknown", said: ["it took too long, and was given up"] };
  const { code, stdout, stderr } = pushed;
  const report = readPushReport(stdout, stderr);
  if (code === 0) return { is: "accepted", said: report.remote, brokeAfter: false };
  if (isRefusal(report, changes)) return { is: "refused", reasons: report.refused, said: report.remote };
  return afterFailure(
    changes,
    url,
    { ...task, signal: AbortSignal.any([way.signal, AbortSignal.timeout(LIST_MS)]) },
    report,
  );
}

/** To ask what it has. */
const LIST_MS = 60_000;

/** Deltas are taken as the agent's git has made them: to look for more costs memory and time, and saves upstream little. */
const PUSH =
  "-c core.hooksPath=/dev/null -c push.gpgSign=false -c pack.window=0 -c core.packedGitWindowSize=1m -c core.packedGitLimit=32m push --porcelain --no-verify --no-follow-tags --no-signed --recurse-submodules=no";

function pushArguments(changes: readonly Change[], url: string): string[] {
  return [
    ...PUSH.split(" "),
    // One ref is whole by itself, and not every server knows how to do several at once.
    ...(changes.length > 1 ? ["--atomic"] : []),
    // Without a value: it must not be there.
    ...changes.map(({ ref, old }) => `--force-with-lease=${ref}:${old ?? ""}`),
    url,
    ...changes.map(({ ref, new: to }) => `${to ?? ""}:${ref}`),
  ];
}

/** Upstream itself said no: a connection that broke leaves refs of which nothing, or only that, is known. */
function isRefusal({ refused, taken }: PushReport, changes: readonly Change[]): boolean {
  const reasons = changes.map(({ ref }) => refused.get(ref));
  return (
    taken.size === 0 &&
    reasons.every((reason) => reason !== undefined && !/failed to report status|no status/i.test(reason))
  );
}

/** Asks upstream what it has: the answer to a push that it took may have been lost. */
async function afterFailure(
  changes: readonly Change[],
  url: string,
  task: { readonly env: Environment; readonly signal: AbortSignal },
  { local, remote }: PushReport,
): Promise<Forwarded> {
  const said = [...remote, ...local];
  const { code, stdout } = await streamGit(["ls-remote", "--refs", url, ...changes.map(({ ref }) => ref)], task);
  if (code !== 0) return { is: "failed", upstream: "unknown", said };
  const there = new Map(
    stdout
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([id, ref]) => [ref ?? "", id]),
  );
  if (changes.every(({ ref, new: to }) => there.get(ref) === to)) return { is: "accepted", said, brokeAfter: true };
  const isUnchanged = changes.every(({ ref, old }) => there.get(ref) === old);
  return { is: "failed", upstream: isUnchanged ? "unchanged" : "changed", said };
}
