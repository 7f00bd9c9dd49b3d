// Scans what a push would add to upstream: the new commits with all that stands in them, tags, and the names of refs.
//
// Commits and tags are read whole, as the objects that they are; files by one patch of all commits; what git does not show in
// a patch (binaries, large files, merges of such) as whole files. Nothing depends on attributes, mailmaps or encodings.

import { latin1 } from "#domain/secrets/utf8.ts";
import type { SecretScanner } from "#domain/secrets/scanner.ts";

import type { Environment } from "../git/environment.ts";
import { streamGit } from "../push/stream-git.ts";
import { BatchParser } from "./batch-parser.ts";
import { CommitLines } from "./commit-lines.ts";
import { EmptyFolders } from "./empty-folders.ts";
import { Findings, maskSecret, type Finding, type Place } from "./finding.ts";
import { PatchParser } from "./patch-parser.ts";
import { SecretStream } from "./secret-stream.ts";

export interface Scanned {
  readonly findings: readonly Finding[];
  /** There were more than are told. */
  readonly isFull: boolean;
  readonly commits: number;
}

interface PushedRef {
  readonly ref: string;
  readonly new: string;
}

export interface PushScan {
  readonly scanner: SecretScanner;
  /** Sees the pushed objects. */
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly mostCommits: number;
}

export class CannotScan extends Error {}

/** A larger file is read as a whole, in pieces, instead of being compared with the one before. */
const LARGE_FILE = "4m";
/** Of all packs, so much is mapped into memory at once. */
const FRUGAL = [
  "-c",
  `core.bigFileThreshold=${LARGE_FILE}`,
  "-c",
  "core.packedGitWindowSize=1m",
  "-c",
  "core.packedGitLimit=32m",
];

/** Throws `CannotScan` when anything could not be looked at. */
export async function scanPush(refs: readonly PushedRef[], how: PushScan): Promise<Scanned> {
  const findings = new Findings();
  const sources = new Sources(how.scanner, findings);
  try {
    for (const { ref } of refs) sources.whole(undefined, { in: "ref", ref }, Buffer.from(ref));
    await scanTags(refs, how, sources);
    const commits = await newCommits(refs, how);
    if (commits.length > 0) {
      await scanCommits(commits, how, sources);
      await scanFiles(commits, how, sources);
      await scanEmptyFolders(commits, how, sources);
    }
    return { findings: findings.all(), isFull: findings.isFull, commits: commits.length };
  } catch (cause) {
    if (cause instanceof CannotScan) throw cause;
    if (how.signal.aborted) throw new CannotScan("it took too long", { cause });
    throw new CannotScan(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What upstream does not have yet, the oldest first. */
async function newCommits(refs: readonly PushedRef[], { env, signal, mostCommits }: PushScan): Promise<string[]> {
  const range = [...new Set(refs.map((ref) => ref.new)), "--not", "--all"];
  const args = ["rev-list", "--topo-order", "--reverse", `--max-count=${mostCommits + 1}`, ...range];
  const { code, stdout, stderr } = await streamGit(args, { env, signal });
  if (code !== 0) throw new CannotScan(`git cannot list the new commits: ${firstLine(stderr)}`);
  const commits = stdout.split("\n").filter((line) => line !== "");
  if (commits.length > mostCommits)
    throw new CannotScan(`it has more than ${mostCommits.toLocaleString("en")} new commits; push them in parts`);
  return commits;
}

/** A tag may name a tag. */
const DEEPEST_TAG = 10;

async function scanTags(refs: readonly PushedRef[], how: PushScan, sources: Sources): Promise<void> {
  let pending = refs.map((ref) => ({ ref: ref.ref, id: ref.new }));
  for (let depth = 0; pending.length > 0; depth += 1) {
    if (depth > DEEPEST_TAG) throw new CannotScan("a tag names a tag that names a tag, too many times");
    // oxlint-disable-next-line no-await-in-loop -- what a tag names is known when it was read
    pending = await scanOneDepth(pending, how, sources);
  }
}

async function scanOneDepth(
  pending: readonly { readonly ref: string; readonly id: string }[],
  how: PushScan,
  sources: Sources,
): Promise<{ ref: string; id: string }[]> {
  const tags: { ref: string; id: string }[] = [];
  let next = 0;
  let ref = "";
  let head: string | undefined;
  await readObjects(
    pending.map(({ id }) => id),
    how,
    {
      object: (_id, type) => {
        ref = pending[next]!.ref;
        next += 1;
        if (type !== "commit" && type !== "tag")
          throw new CannotScan(`${ref} names a ${type}, and only commits and tags of commits are pushed`);
        head = type === "tag" ? "" : undefined;
        if (head !== undefined) sources.begin(undefined, (line) => ({ in: "tag", ref, line }));
      },
      data: (bytes) => {
        if (head === undefined) return;
        if (head.length < 128) head += latin1(bytes, 0, Math.min(bytes.length, 128));
        sources.stream.write(bytes);
      },
      end: () => {
        if (head === undefined) return;
        sources.stream.end();
        const id = /^object ([0-9a-f]+)\n/.exec(head)?.[1];
        if (id === undefined) throw new CannotScan(`${ref} is a tag that names nothing`);
        tags.push({ ref, id });
      },
    },
  );
  return tags;
}

/** The names and the message of each, and whatever else stands in it. */
async function scanCommits(commits: readonly string[], how: PushScan, sources: Sources): Promise<void> {
  let lines: CommitLines | undefined;
  await readObjects(commits, how, {
    object: (id) => {
      lines = new CommitLines();
      const of = lines;
      sources.begin(id, (line) => ({ in: "commit", ...of.partAt(line) }));
    },
    data: (bytes) => {
      lines!.read(bytes);
      sources.stream.write(bytes);
    },
    end: () => sources.stream.end(),
  });
}

async function scanFiles(commits: readonly string[], how: PushScan, sources: Sources): Promise<void> {
  const blobs = new Map<string, { commit: string; path: string }>();
  let commit = "";
  let path = "";
  const parser = new PatchParser({
    commit: (id) => {
      sources.stream.end();
      commit = id;
    },
    file: (bytes) => {
      sources.stream.end();
      path = bytes.toString("utf8");
      sources.whole(commit, { in: "path", path }, bytes);
      const inFile = { commit, path };
      sources.begin(inFile.commit, (line) => ({ in: "file", path: inFile.path, line }));
    },
    blob: (_path, id) => {
      if (!blobs.has(id)) blobs.set(id, { commit, path });
    },
    at: (line) => sources.stream.at(line),
    added: (bytes) => sources.stream.write(bytes),
    kept: (bytes) => sources.stream.write(bytes, true),
  });
  const { code, stderr } = await streamGit(PATCH_ARGUMENTS, {
    env: how.env,
    signal: how.signal,
    input: `${commits.join("\n")}\n`,
    read: (chunk) => parser.push(chunk),
  });
  if (code !== 0) throw new CannotScan(`git cannot compare the files: ${firstLine(stderr)}`);
  parser.end();
  sources.stream.end();
  await scanBlobs(blobs, how, sources);
}

const PATCH_SETTINGS = ["core.quotePath=true", "core.attributesFile=/dev/null", "diff.renameLimit=1000"];
/** A secret of several lines may be added in several commits: the lines around an added one belong to it as well. */
const AROUND = 64;
const PATCH = `diff-tree --stdin -r --root --cc -p -U${AROUND} -M --full-index --no-color --no-textconv --no-ext-diff --submodule=short --src-prefix=a/ --dst-prefix=b/`;

/** Of git; the commits are given on its standard input. */
export const PATCH_ARGUMENTS: readonly string[] = [
  ...FRUGAL,
  ...PATCH_SETTINGS.flatMap((setting) => ["-c", setting]),
  ...PATCH.split(" "),
];

const LIST_ARGUMENTS = [
  ...FRUGAL,
  "-c",
  "core.quotePath=true",
  ..."diff-tree --stdin -r -t --root -c --raw --no-abbrev --no-color --no-renames".split(" "),
];

async function scanEmptyFolders(commits: readonly string[], how: PushScan, sources: Sources): Promise<void> {
  const parser = new EmptyFolders((commit, path) =>
    sources.whole(commit, { in: "path", path: path.toString("utf8") }, path),
  );
  const { code, stderr } = await streamGit(LIST_ARGUMENTS, {
    env: how.env,
    signal: how.signal,
    input: `${commits.join("\n")}\n`,
    read: (chunk) => parser.push(chunk),
  });
  if (code !== 0) throw new CannotScan(`git cannot list the files: ${firstLine(stderr)}`);
  parser.end();
}

async function scanBlobs(
  blobs: ReadonlyMap<string, { readonly commit: string; readonly path: string }>,
  how: PushScan,
  sources: Sources,
): Promise<void> {
  await readObjects([...blobs.keys()], how, {
    object: (id) => {
      const { commit, path } = blobs.get(id)!;
      sources.begin(commit, (line) => ({ in: "file", path, line }));
    },
    data: (bytes) => sources.stream.write(bytes),
    end: () => sources.stream.end(),
  });
}

async function readObjects(
  ids: readonly string[],
  { env, signal }: PushScan,
  reader: ConstructorParameters<typeof BatchParser>[0],
): Promise<void> {
  if (ids.length === 0) return;
  const parser = new BatchParser(reader);
  const args = [...FRUGAL, "cat-file", "--batch", "--buffer"];
  const input = `${ids.join("\n")}\n`;
  const { code, stderr } = await streamGit(args, { env, signal, input, read: (chunk) => parser.push(chunk) });
  if (code !== 0) throw new CannotScan(`git cannot read the new objects: ${firstLine(stderr)}`);
  parser.end();
}

/** What is being scanned just now, and where that stands. */
class Sources {
  readonly stream: SecretStream;
  #commit: string | undefined;
  #placeAt: (line: number) => Place = () => ({ in: "ref", ref: "" });

  constructor(scanner: SecretScanner, findings: Findings) {
    this.stream = new SecretStream(scanner, ({ rule, severity, line, value }) => {
      findings.add({
        rule,
        severity,
        commit: this.#commit,
        place: this.#placeAt(line),
        masked: maskSecret(value),
      });
    });
  }

  begin(commit: string | undefined, placeAt: (line: number) => Place): void {
    this.#commit = commit;
    this.#placeAt = placeAt;
  }

  whole(commit: string | undefined, place: Place, bytes: Buffer): void {
    this.begin(commit, () => place);
    this.stream.write(bytes);
    this.stream.end();
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
