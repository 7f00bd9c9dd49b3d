// Makes a prepared bottle real: its state on disk, then its backend. A launch that fails leaves nothing behind.

import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";

import type { LaunchStep } from "#contracts/backend.ts";
import type { LaunchRequest } from "#contracts/console.ts";
import { approvedDockerfile } from "#core/console/dockerfile.ts";
import { userName } from "#core/decide/desk.ts";
import { writeTable } from "#core/egress/write-table.ts";
import { showDockerfile } from "#core/rebuild/shown-dockerfile.ts";
import { writeAtomic } from "#lib/atomic-file.ts";
import { bottlePaths } from "#lib/paths.ts";
import { removeTree } from "#lib/remove-tree.ts";
import { appendAudit } from "#lib/store/audit-log.ts";

import type { Prepared } from "./prepare.ts";
import { holdSeed } from "./seed.ts";
import { writeBottleRedactions } from "./redactions.ts";

/** Resolves with the slug once the agent runs. Throws BottleError; then a new bottle's state is gone again. */
export async function launch(
  root: string,
  prepared: Prepared,
  progress: (step: LaunchStep) => void,
  signal: AbortSignal,
  now: Date,
): Promise<string> {
  const { plan, backend, preflight } = prepared;
  const { slug, resume } = plan.spec;
  const seed = await holdSeed(prepared.seed, slug);
  try {
    await writeState(root, prepared);
    await backend.launch(plan, progress, signal);
  } catch (error) {
    await seed.release();
    if (!resume) await removeState(root, slug);
    throw error;
  }
  seed.handOver();
  await appendAudit(
    { root, slug },
    {
      actor: `operator:${userName()}`,
      action: "launch",
      component: backend.name,
      detail: `${resume ? "resumed" : "launched"} ${preflight.request.agent} in ${plan.mechanism}`,
    },
    now,
  );
  return slug;
}

/** Everything of a bottle but its audit trail, which is never removed. */
export async function removeState(root: string, slug: string): Promise<void> {
  const paths = bottlePaths(root, slug);
  await removeTree(paths.state);
  await removeTree(paths.queue);
}

async function writeState(
  root: string,
  { preflight, plan, backend, table, metadata, ...prepared }: Prepared,
): Promise<void> {
  const { slug, resume, image } = plan.spec;
  const paths = bottlePaths(root, slug);
  await mkdir(paths.state, { recursive: true, mode: 0o700 });
  await mkdir(paths.archive, { recursive: true, mode: 0o700 });
  await writeTable({ root, slug }, table);
  const approved = resume ? await approvedDockerfile(root, slug) : undefined;
  await showDockerfile({ root, slug }, approved ?? (await backend.dockerfile?.(image)));
  await writeAtomic(paths.plan, `${JSON.stringify(keptRequest(preflight.request), undefined, 2)}\n`);
  await writeAtomic(paths.credentials, `${JSON.stringify(prepared.credentials, undefined, 2)}\n`);
  await writeOrRemove(paths.agent.screenRules, prepared.screenRules);
  await writeBottleRedactions(root, plan.spec);
  await rm(paths.agent.result, { force: true }); // of what it was given to do before
  // Last: from here on the bottle is seen.
  if (!resume) await writeAtomic(paths.metadata, `${JSON.stringify(metadata, undefined, 2)}\n`);
}

async function writeOrRemove(path: string, value: unknown): Promise<void> {
  if (value === undefined) return await rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomic(path, `${JSON.stringify(value)}\n`);
}

/** What resume needs; answers are secrets and are asked for again, and a task is done once. */
function keptRequest({
  answers: _answers,
  resume: _resume,
  prompt: _prompt,
  inWorkspace: _has,
  ...kept
}: LaunchRequest): LaunchRequest {
  return kept;
}
