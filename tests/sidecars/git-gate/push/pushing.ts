// One repository behind the gate, without the gate's servers: a real sshd as upstream, a mirror, and our hook in it. An
// agent pushes into the mirror as git's own receive-pack would be asked to.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { GateRepo } from "#domain/git-gate/gate.ts";
import { readAuditLog } from "#lib/store/audit-log.ts";
import { gatePaths } from "#sidecars/git-gate/gate-paths.ts";
import { openMirror } from "#sidecars/git-gate/mirror/open-mirror.ts";
import { fetchUpstream } from "#sidecars/git-gate/upstream/fetch-upstream.ts";
import { readExamples } from "#fixtures/secrets/examples.ts";
import { git, runGit, type GitResult } from "#tests/helpers/git/client.ts";
import type { GitUpstream } from "#tests/helpers/git/upstream.ts";

const PROGRAM = fileURLToPath(new URL("../../../../sidecars/git-gate/hook/main.ts", import.meta.url));
const SLUG = "demo-abc12";

export interface Pushing {
  readonly root: string;
  readonly mirror: string;
  /** The upstream's bare repository. */
  readonly upstream: string;
  /** The agent's clone. */
  readonly clone: string;
  readonly repo: GateRepo;
  /** Commits these files to the branch that is checked out; the commit's name. */
  commit(files: Readonly<Record<string, string | Buffer>>, message?: string): string;
  git(...args: string[]): string;
  /** Fetches as the gate does before it shows refs, and pushes. */
  push(...refspecs: string[]): Promise<GitResult>;
  pushWith(env: Readonly<Record<string, string>>, ...refspecs: string[]): Promise<GitResult>;
  fetch(): Promise<void>;
  /** Of a shell, run when git has taken the pack and before our program begins, outside of git's environment. */
  beforeHook(command: string): void;
  /** From now on the definition says this of the repository. */
  reconfigure(more: { readonly [Key in keyof GateRepo]?: GateRepo[Key] | undefined }): void;
  upstreamRef(ref: string): string | undefined;
  mirrorRef(ref: string): string | undefined;
  audit(): Promise<string[]>;
  close(): void;
}

/** Stands in for ssh where it is not what is tried: what it would run there, it runs here. Three connections a push take long. */
const NO_SSH = `#!/bin/sh\nfor command; do :; done\nunset GIT_QUARANTINE_PATH\nexec sh -c "$command"\n`;

/** From now on, for the tests of this file. */
export function withoutSsh(): { end(): void } {
  const folder = mkdtempSync(join(tmpdir(), "git-no-ssh-"));
  writeFileSync(join(folder, "ssh"), NO_SSH, { mode: 0o755 });
  const path = process.env["PATH"] ?? "";
  process.env["PATH"] = `${folder}${delimiter}${path}`;
  return {
    end() {
      process.env["PATH"] = path;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let repositories = 0;

export async function openPushing(server: GitUpstream, more: Partial<GateRepo> = {}): Promise<Pushing> {
  const root = mkdtempSync(join(tmpdir(), "git-pushing-"));
  const paths = gatePaths(root, SLUG);
  repositories += 1;
  const name = `app${repositories}`;
  const upstream = server.add(name);
  const repo = server.repo(name, more);
  mkdirSync(paths.home, { recursive: true });
  const program = join(root, "hook.mjs");
  writeFileSync(program, await hookProgram());
  await openMirror(name, { paths, maxPackBytes: 2 ** 31, hookProgram: program, say: () => {} });
  const mirror = paths.mirror(name);
  const hook = join(mirror, "hooks", "pre-receive");
  const writeHook = (before: string): void =>
    writeFileSync(hook, `#!/bin/sh\n${before}\nexec '${process.execPath}' '${program}'\n`, { mode: 0o700 });
  writeHook("");
  const clone = join(root, "clone");
  git(root, "init", "-q", "-b", "main", clone);
  let config = repo;
  const fetch = async (): Promise<void> => void (await fetchUpstream(repo, paths, { lock: "take" }));
  const gate = () => ({ GATE_ROOT: root, GATE_SLUG: SLUG, GATE_REPO: name, GATE_CONFIG: JSON.stringify(config) });
  const pushWith = async (extra: Readonly<Record<string, string>>, ...refspecs: string[]): Promise<GitResult> => {
    await fetch().catch(() => {});
    return runGit(clone, ["push", mirror, ...refspecs], { PATH: process.env["PATH"] ?? "", ...gate(), ...extra });
  };
  return {
    root,
    mirror,
    upstream,
    clone,
    repo,
    commit(files, message = "change") {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(join(clone, path, ".."), { recursive: true });
        writeFileSync(join(clone, path), content);
      }
      git(clone, "add", "-A");
      git(clone, "commit", "-q", "--allow-empty", "-m", message);
      return git(clone, "rev-parse", "HEAD");
    },
    git: (...args) => git(clone, ...args),
    push: (...refspecs) => pushWith({}, ...refspecs),
    pushWith,
    fetch,
    reconfigure: (change) => {
      config = GateRepo.parse(JSON.parse(JSON.stringify({ ...repo, ...change }))); // without what is undefined
    },
    beforeHook: (command) => writeHook(`env -u GIT_DIR -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY ${command}`),
    upstreamRef: (ref) => valueOf(upstream, ref),
    mirrorRef: (ref) => valueOf(mirror, ref),
    audit: async () => (await readAuditLog({ root, slug: SLUG })).map(({ action, detail }) => `${action}: ${detail}`),
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

let bundled: Promise<Uint8Array> | undefined;

/** In one file, once for all tests: from its sources it takes Node longer to begin than the whole push takes. */
function hookProgram(): Promise<Uint8Array> {
  const options = { bundle: true, platform: "node", format: "esm", target: "node24", write: false } as const;
  bundled ??= build({ ...options, entryPoints: [PROGRAM], banner: { js: REQUIRE } }).then(
    ({ outputFiles }) => outputFiles[0]!.contents,
  );
  return bundled;
}

/** Bundled CommonJS asks for it. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

function valueOf(repository: string, ref: string): string | undefined {
  try {
    return git(repository, "rev-parse", "--verify", "--quiet", ref);
  } catch {
    return undefined;
  }
}

/** A value that this rule finds, drawn from a seed. */
export function secretOf(rule: string, index = 0): string {
  const example = readExamples().find((one) => one.rule === rule)?.find[index];
  if (example?.value === undefined) throw new Error(`there is no example of ${rule}`);
  return Buffer.from(example.text).toString("utf8", example.value.start, example.value.end);
}

/** A text in which this rule finds a value. */
export function exampleOf(rule: string): string {
  const example = readExamples().find((one) => one.rule === rule)?.find[0];
  if (example === undefined) throw new Error(`there is no example of ${rule}`);
  return example.text;
}
