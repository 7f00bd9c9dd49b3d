// 50 MB pushed to a real sshd: through the git gate, which scans it and then pushes itself, and directly.

import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { makeRepository, runGit } from "#tests/helpers/git/client.ts";
import { startGate, type RunningGate } from "#tests/helpers/git/gate.ts";
import { requireSshd, startUpstream } from "#tests/helpers/git/upstream.ts";

import type { Reading } from "../reading.ts";
import { interleaved, median } from "../statistics.ts";

import type { Effort } from "./effort.ts";

const FILES = 50;
const FILE_BYTES = 1_000_000;

export async function measureGitPush({ short }: Effort): Promise<Reading[]> {
  const { skip, meta } = requireSshd();
  if (skip) return [{ id: "git.push", unmeasured: meta.skipReason ?? "there is no sshd" }];
  const work = mkdtempSync(join(tmpdir(), "bottle-bench-"));
  const upstream = await startUpstream();
  let gate: RunningGate | undefined;
  try {
    upstream.add("gated");
    upstream.add("direct");
    gate = await startGate({ repos: [upstream.repo("gated")] });
    const gated = gate.http("gated");
    let pushes = 0;
    const push = async (to: string, env: Readonly<Record<string, string>>): Promise<number> => {
      pushes += 1;
      return timedPush(join(work, `repository-${pushes}`), [to, `main:refs/heads/push-${pushes}`], env);
    };
    const times = await interleaved(short ? 5 : 7, {
      gated: () => push(gated, {}),
      direct: () => push(upstream.url("direct"), upstream.directEnv),
    });
    return [{ id: "git.push", value: median(times.gated), against: median(times.direct), note: "bytes of no pattern" }];
  } finally {
    await gate?.close();
    await upstream.close();
    rmSync(work, { recursive: true, force: true });
  }
}

/** A repository of its own each time: nothing of it is upstream already. */
async function timedPush(
  repository: string,
  where: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  makeRepository(repository, () => {
    for (let file = 0; file < FILES; file += 1) {
      writeFileSync(join(repository, `file-${file}.bin`), randomFillSync(Buffer.allocUnsafe(FILE_BYTES)));
    }
  });
  const began = performance.now();
  const { code, stderr } = await runGit(repository, ["push", "-q", ...where], env);
  const took = performance.now() - began;
  if (code !== 0) throw new Error(`git push failed: ${stderr}`);
  rmSync(repository, { recursive: true });
  return took;
}
