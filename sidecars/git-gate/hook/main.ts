// The pre-receive hook of a mirror: what a push would change stands on its standard input, and its exit decides.

import { fstatSync } from "node:fs";
import { join } from "node:path";

import { createSecretScanner } from "#domain/secrets/create-scanner.ts";
import type { SecretScanner } from "#domain/secrets/scanner.ts";
import { keepHeapSmall } from "#lib/small-heap.ts";
import { appendAudit } from "#lib/store/audit-log.ts";
import { takeSecrets } from "#lib/take-secrets.ts";

import { gatePaths } from "../gate-paths.ts";
import { gitEnvironment } from "../git/environment.ts";
import { LOCK_DESCRIPTOR } from "../git/lock.ts";
import { MOST_UPDATE_BYTES } from "../push/read-updates.ts";
import { receivePush, type SecondScanner } from "../push/receive.ts";
import { remoteLines } from "../push/say.ts";
import { quarantineOf } from "../push/stream-git.ts";
import { findGitleaks, runGitleaks } from "../scan/gitleaks.ts";
import { spellingsOf } from "../scan/own-secrets.ts";
import { readSettings, type HookSettings } from "./settings.ts";
import { sshUpstream } from "./ssh-upstream.ts";

const MOST_SCAN_MS = 10 * 60_000;
/** 2 GiB over a slow line are meant to get there. */
const MOST_FORWARD_MS = 60 * 60_000;
const MOST_COMMITS = 200_000;

async function main(): Promise<boolean> {
  keepHeapSmall();
  const scanner = createSecretScanner({ own: spellingsOf(takeSecrets(process.env)) });
  const say = (lines: readonly string[]): void => {
    for (const line of remoteLines(lines, (text) => maskText(scanner, text))) process.stderr.write(`${line}\n`);
  };
  process.stderr.on("error", () => {}); // the agent has gone; the push is decided all the same
  try {
    const settings = readSettings(process.env);
    const { accepted, detail } = await receive(settings, scanner, say).catch((error: unknown) => {
      say([`refused; ${messageOf(error)}`]);
      return { accepted: false, detail: messageOf(error) };
    });
    await audit(settings, accepted, maskText(scanner, detail), say);
    return accepted;
  } catch (error) {
    say([`refused; ${messageOf(error)}`]);
    return false;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") return "the gate stops just now; push again";
  return error instanceof Error ? error.message : String(error);
}

async function receive(
  { root, slug, repo }: HookSettings,
  scanner: SecretScanner,
  say: (lines: readonly string[]) => void,
): Promise<{ accepted: boolean; detail: string }> {
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => stopping.abort());
  const paths = gatePaths(root, slug);
  const env = { ...gitEnvironment(paths), GIT_DIR: paths.mirror(repo.name) };
  const quarantined = { ...env, ...quarantineOf(process.env) };
  return receivePush(await readInput(), {
    repo,
    upstream: sshUpstream(repo, paths),
    scanner,
    env,
    quarantined,
    madeRefs: join(paths.dir, `${repo.name}.made.json`),
    ...(isOpen(LOCK_DESCRIPTOR) ? { lock: LOCK_DESCRIPTOR } : {}),
    mostScanMs: MOST_SCAN_MS,
    mostForwardMs: MOST_FORWARD_MS,
    mostCommits: MOST_COMMITS,
    second: await secondScanner(quarantined),
    signal: stopping.signal,
    say,
  });
}

async function secondScanner(env: Readonly<Record<string, string>>): Promise<SecondScanner> {
  const program = await findGitleaks(env["PATH"]);
  if (program === undefined)
    return { names: "the secret rules (gitleaks is not installed here)", scan: () => Promise.resolve([]) };
  const mirror = env["GIT_DIR"]!;
  return {
    names: "the secret rules and gitleaks",
    scan: (news, signal) => runGitleaks(program, news, { env, mirror, signal }),
  };
}

/** What is beyond the limit is read as well, so that git is not left with a broken pipe. */
async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    if (length <= MOST_UPDATE_BYTES) chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

async function audit(
  { root, slug, repo }: HookSettings,
  accepted: boolean,
  detail: string,
  say: (lines: readonly string[]) => void,
): Promise<void> {
  const sentence = `${accepted ? "accepted" : "refused"} a push to ${repo.name}: ${detail}`;
  try {
    await appendAudit(
      { root, slug },
      { actor: "agent", action: "git-push", component: "git-gate", detail: sentence.slice(0, 1000) },
    );
  } catch (error) {
    // Upstream has it or not, whatever the log says: the operator reads of it in the gate's own.
    say([`the audit log cannot be written (${messageOf(error)})`]);
  }
}

/** Names of refs, paths and upstream's words come from others: whatever in them is a secret is starred. */
function maskText(scanner: SecretScanner, text: string): string {
  const bytes = Buffer.from(text, "utf8");
  const { matches, exhausted } = scanner.scan(bytes);
  if (exhausted) return "(not shown)";
  for (const { start, end } of matches) bytes.fill("*", start, end);
  return matches.length === 0 ? text : bytes.toString("utf8");
}

function isOpen(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

process.exitCode = (await main()) ? 0 : 1;
