// gitleaks over the same commits, where it is installed beside the gate: its findings are added to our own.
//
// Neither the repository's own configuration nor comments in it may silence it, and of its report no secret is kept.

import { spawn } from "node:child_process";
import { access, constants, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import * as z from "zod";

import type { Environment } from "../git/environment.ts";
import { maskSecret, type Finding } from "./finding.ts";
import { CannotScan } from "./scan-push.ts";

const Report = z.array(
  z.object({
    RuleID: z.string(),
    StartLine: z.int(),
    File: z.string(),
    Commit: z.string(),
    Secret: z.string(),
  }),
);

const MOST_REPORT_BYTES = 32 * 1024 * 1024;

/** Where it is, absolute; undefined when it is not installed. */
export async function findGitleaks(path: string | undefined): Promise<string | undefined> {
  const candidates = (path ?? "")
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, "gitleaks"));
  const runs = await Promise.all(candidates.map(isProgram));
  return candidates.find((_, index) => runs[index]);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** What these commits add to upstream. Throws `CannotScan`: whoever installs it means it to look. */
export async function runGitleaks(
  program: string,
  news: readonly string[],
  { env, mirror, signal }: { readonly env: Environment; readonly mirror: string; readonly signal: AbortSignal },
): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), "git-gate-"));
  const report = join(folder, "report.json");
  try {
    const code = await run(program, gitleaksArguments(news, mirror, report), env, folder, signal);
    if (code !== 0) throw new CannotScan(`gitleaks failed (exit ${code ?? "by a signal"})`);
    return parseGitleaksReport(await readReport(report));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function gitleaksArguments(news: readonly string[], mirror: string, report: string): string[] {
  return [
    "git",
    `--log-opts=${[...news, "--not", "--all"].join(" ")}`,
    "--report-format=json",
    `--report-path=${report}`,
    "--exit-code=0",
    "--no-banner",
    "--log-level=error",
    "--ignore-gitleaks-allow",
    mirror,
  ];
}

function run(
  program: string,
  args: readonly string[],
  env: Environment,
  cwd: string,
  signal: AbortSignal,
): Promise<number | null> {
  const child = spawn(program, args, { env, cwd, signal, killSignal: "SIGKILL", stdio: "ignore" });
  return new Promise((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new CannotScan(signal.aborted ? "it took too long" : "gitleaks cannot be run", { cause })),
    );
    child.once("close", resolve);
  });
}

async function readReport(path: string): Promise<string> {
  const { size } = await stat(path).catch(() => ({ size: -1 }));
  if (size < 0) throw new CannotScan("gitleaks left no report");
  if (size > MOST_REPORT_BYTES) throw new CannotScan("gitleaks has too much to report");
  return readFile(path, "utf8");
}

/** Throws `CannotScan` when it is none. */
export function parseGitleaksReport(text: string): Finding[] {
  const report = Report.safeParse(parseJson(text));
  if (!report.success) throw new CannotScan("gitleaks' report cannot be read");
  return report.data.map(({ RuleID, StartLine, File, Commit, Secret }) => ({
    rule: `gitleaks:${RuleID}`,
    severity: "block",
    commit: Commit === "" ? undefined : Commit,
    place: { in: "file", path: File, line: StartLine },
    masked: maskSecret(Buffer.from(Secret, "utf8")),
  }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
