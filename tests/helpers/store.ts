// A root folder of a test's own with a queue in it, proposals to put there, and processes that write at the same time.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach } from "vitest";

import type { EgressBlockPayload, Proposal, ProposalDraft } from "#domain/proposal/proposal.ts";
import type { DecisionDraft } from "#lib/store/decide.ts";
import type { QueueOf } from "#lib/store/queue-files.ts";

export const NOW = new Date("2026-11-20T12:00:00.000Z");

const roots: string[] = [];
const children = new Set<ChildProcess>();

afterEach(async () => {
  await Promise.all(Array.from(children, (child) => kill(child)));
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** Removed after the test. */
export function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "store-test-"));
  roots.push(root);
  return root;
}

export function newQueue(slug = "demo-abc12"): QueueOf {
  return { root: newRoot(), slug };
}

export function later(seconds: number, from = NOW): Date {
  return new Date(from.getTime() + seconds * 1000);
}

export function blocked(rule: Partial<EgressBlockPayload> = {}, more: Partial<ProposalDraft> = {}): ProposalDraft {
  const payload = { host: "api.example.com", ...rule };
  return { kind: "egress-block", payload, justification: "", origin: "blocked-request", ...more } as ProposalDraft;
}

export function question(text = "Which branch?", options?: string[]): ProposalDraft {
  return {
    kind: "question",
    payload: { text, ...(options === undefined ? {} : { options }) },
    justification: "",
    origin: "mcp",
  };
}

export function approval({ id, digest }: Proposal, more: Partial<DecisionDraft> = {}): DecisionDraft {
  return { id, digest, status: "approved", scope: "session", notes: "", decided_by: "ann@desk (1)", ...more };
}

/** A process that runs `source` (a module's text, with our import names) with `args` in process.argv from 2. */
export function runModule(source: string, args: readonly string[] = []): ChildProcess {
  // Written beside the tests, so that package imports resolve from it; --input-type takes no TypeScript.
  const program = `${source}\n//# sourceURL=child.ts`;
  const child = spawn(
    process.execPath,
    ["--input-type=module-typescript", "--no-warnings", "-e", program, "--", ...args],
    {
      cwd: join(import.meta.dirname, "..", ".."),
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Its standard output, when it ends well. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (code !== 0) throw new Error(`the child ended with ${code ?? signal}: ${text}`);
  return text;
}

/** Resolves when the child has printed `text`. */
export async function printed(child: ChildProcess, text: string): Promise<void> {
  let seen = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk.toString("utf8");
      if (seen.includes(text)) resolve();
    });
    child.once("close", () => reject(new Error(`the child ended before it printed ${text}: ${seen}`)));
  });
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
