// Launches a bottle: sidecars, terminal and sandbox, proof, and only then the agent. Whatever fails is taken back whole.

import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";

import type { BottleSpec, LaunchPlan, LaunchStep } from "#contracts/backend.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { SeedWatch } from "#domain/credentials/seed-watch.ts";
import type { Isolation } from "#domain/fleet/isolation.ts";
import type { BundleConfig } from "#domain/sidecars/bundle.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths, type BottlePaths } from "#lib/paths.ts";
import { programsFolder } from "#lib/programs.ts";
import { readBounded } from "#lib/read-bounded.ts";
import { removeTree } from "#lib/remove-tree.ts";

import { bottleLimits } from "./bottle-limits.ts";
import { bottleSandbox, ENTRYPOINT, localForwards, localPaths } from "./bottle-sandbox.ts";
import { demandProof } from "#lib/launch/demand-proof.ts";
import { claimLaunch } from "#lib/launch/claim.ts";
import { giveHome, makeHome, makeShared, writeEtc } from "./home.ts";
import { absentPaths, openHostTargets } from "#lib/launch/host-targets.ts";
import { outsideChecks } from "./judge.ts";
import { isFiltered, type Maker } from "./sandbox/command.ts";
import { makeGroups, removeGroups, type Limits } from "./sandbox/limits.ts";
import { PATH, type Sandbox } from "./sandbox/sandbox.ts";
import { seccompFilter } from "./sandbox/seccomp.ts";
import { startBundle } from "./sidecar-bundle.ts";
import { listenBoot } from "#lib/launch/boot.ts";
import { demandGoOn, launchSteps, untilAborted, type Steps } from "#lib/launch/steps.ts";
import { askStatus } from "./status.ts";
import { stopProcesses } from "./stop.ts";
import { startTerminalHolder, type TerminalHolder } from "./terminal-holder.ts";
import { within } from "#lib/until-gone.ts";

export interface LaunchContext {
  readonly root: string;
  readonly maker: Maker;
  /** The command that makes the sandbox; tests break a wall here, to see that the proof notices. */
  readonly command: (sandbox: Sandbox, inside: readonly string[], maker: Maker) => string[];
}

const COLS = 80;
const ROWS = 24;
const LAST_WORDS_MS = 2000;
/** From the first process to the agent; copying a workspace takes the time that it takes. */
const PATIENCE_MS = 30_000;

/** Resolves when the agent runs. Throws BottleError; then nothing runs and nothing new is left but the state folder. */
export async function launchBottle(
  plan: LaunchPlan,
  context: LaunchContext,
  progress: (step: LaunchStep) => void,
  signal: AbortSignal,
): Promise<void> {
  const { spec } = plan;
  const paths = bottlePaths(context.root, spec.slug);
  const steps = launchSteps(spec.slug, progress);
  const unclaim = await claimLaunch(spec.slug, paths, async () => (await askStatus(paths)) !== null);
  try {
    await steps.run("prepare", () => prepare(spec, context, paths, steps, signal));
    await run(plan, context, paths, steps, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
  } catch (error) {
    await steps.takeBack();
    throw error instanceof BottleError
      ? error
      : new BottleError("failed", "the launch failed", { where: spec.slug, cause: error, hint: messageOf(error) });
  } finally {
    unclaim();
  }
}

/** Folders and files; the ends of whatever a former run of this bottle has left. */
async function prepare(
  spec: BottleSpec,
  { root, maker }: LaunchContext,
  paths: BottlePaths,
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  const local = localPaths(paths);
  await stopProcesses(spec.slug, paths);
  await forgetExit(paths, steps);
  await rm(paths.isolation, { force: true });
  await mkdir(local.scratch, { recursive: true, mode: 0o700 });
  await writeEtc(local.etc);
  await makeShared(paths);
  await writeFile(local.seccomp, isFiltered(maker) ? seccompFilter(process.arch) : "", { mode: 0o600 });
  if (!existsSync(paths.agent.home)) steps.onFailure("the home", () => removeTree(paths.agent.home));
  await makeHome(paths.agent.home, spec.copyCwd, root, signal);
  demandGoOn(signal);
  if (maker.dropTo !== undefined) await giveHome(paths.agent.home, maker.dropTo);
}

/** A resume that fails leaves the bottle as it was. */
async function forgetExit({ agent }: BottlePaths, steps: Steps): Promise<void> {
  const before = readBounded(agent.exit);
  if (before === null) return;
  if (before !== undefined) steps.onFailure("the record of its last end", () => writeAtomic(agent.exit, before));
  await rm(agent.exit, { force: true });
}

async function run(
  { spec, program }: LaunchPlan,
  context: LaunchContext,
  paths: BottlePaths,
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  const { slug } = spec;
  const served = { supervise: spec.supervise, gitGate: spec.gitGate !== undefined };
  const limits = bottleLimits(spec);
  const { root, maker } = context;
  const programs = programsFolder();
  steps.onFailure("what is left", async () => void (await stopProcesses(slug, paths)));
  const bundle = startBundle(bundleConfig(spec, root, programs), paths, bundleEnvironment(spec), process.execPath);
  steps.onFailure("the sidecars", () => bundle.end());
  await steps.run("start sidecars", () => untilAborted(bundle.ready, signal));

  steps.onFailure("its limits", () => removeGroups(slug));
  await makeGroups(limits);
  const targets = await openHostTargets();
  const boot = await listenBoot(paths.agent.boot, {
    listening: [...targets.listening],
    abstract: targets.abstract,
    absent: absentPaths(root),
    seccomp_required: isFiltered(maker),
    own_filter: true,
    forwards: localForwards(paths, served),
  });
  try {
    const argv = context.command(
      bottleSandbox(paths, { groups: limits.groups.map(({ folder }) => folder), program, ...served }),
      [...limits.first, ...ENTRYPOINT],
      maker,
    );
    const config = { slug, root, argv, env: { PATH, TERM: "xterm-256color" }, cols: COLS, rows: ROWS };
    const holder = startTerminalHolder(config, paths, programs);
    steps.onFailure("the sandbox", () => holder.kill());
    await steps.run("make the sandbox", () => untilAborted(holder.ready, signal));
    await steps.run("prove the isolation", async () => {
      const checks = await untilAborted(orLastWords(boot.proof, holder), signal);
      const isolation: Isolation = {
        mechanism: maker.mechanism,
        proved_at: new Date().toISOString(),
        checks: [...checks, ...outsideChecks(holder.pid)],
      };
      await writeAtomic(paths.isolation, `${JSON.stringify(isolation, undefined, 2)}\n`);
      demandProof(isolation);
    });
    await steps.run("start the agent", async () => {
      bundle.stay();
      holder.stay();
      await untilAborted(orLastWords(boot.go(order(spec, limits)), holder), signal);
    });
    holder.release();
  } finally {
    targets.close();
    await boot.close();
  }
}

/** A bottle that ends takes the conversation with it; what it said on its terminal tells more than that. */
async function orLastWords<Result>(talk: Promise<Result>, holder: TerminalHolder): Promise<Result> {
  try {
    return await Promise.race([talk, holder.ended]);
  } catch (error) {
    if (error instanceof BottleError && error.where === "boot") await within(holder.ended, LAST_WORDS_MS);
    throw error;
  }
}

function order(
  { argv, env, cwd, files }: BottleSpec,
  { prefix }: Limits,
): Parameters<Awaited<ReturnType<typeof listenBoot>>["go"]>[0] {
  return {
    type: "go",
    argv: [...prefix, ...argv],
    env: { ...env },
    cwd,
    files: [...files],
  };
}

function bundleConfig(spec: BottleSpec, root: string, programs: string): BundleConfig {
  const { slug, supervise, upstreamCa, gitGate, seed } = spec;
  return {
    slug,
    root,
    programs,
    daemons: [
      "egress",
      ...(supervise ? (["supervise"] as const) : []),
      ...(gitGate ? (["git-gate"] as const) : []),
      ...(seed ? (["credentials"] as const) : []),
    ],
    ...(upstreamCa === undefined ? {} : { upstream_ca: upstreamCa }),
    ...(gitGate === undefined ? {} : { git_gate: gitGate }),
    ...(seed === undefined ? {} : { credentials: SeedWatch.parse(seed) }),
    rebuild: false,
    environment: {}, // init has it as its own
  };
}

/** Nothing of the operator's environment but what programs need to run at all, and the secrets that egress injects or keeps in. */
function bundleEnvironment({ secrets }: BottleSpec): Record<string, string> {
  const names = ["PATH", "TZ", "LANG", "HOME"];
  return {
    ...Object.fromEntries(
      names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    ...secrets,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
