// Reads every definition there is for this root and this working directory. A malformed file costs only itself.

import { lstat, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

import { BottleError } from "#domain/bottle-error.ts";
import type {
  AgentDefinition,
  BottleDefinition,
  BrokenDefinition,
  Definitions,
  Origin,
} from "#domain/definition/definitions.ts";
import type { Known } from "#domain/definition/bottle-rules.ts";
import { parseAgent, parseBottle } from "#domain/definition/parse.ts";
import { resolveBottle } from "#domain/definition/resolve.ts";
import type { Parsed, Problem } from "#domain/problem/problem.ts";
import { rootPaths } from "#lib/paths.ts";

import { knownProviders } from "./contributed.ts";
import { type ReadFile, readFolder } from "./read-folder.ts";

export interface DefinitionSources {
  readonly root: string;
  /** Its `.bot-bottle/agents/` are read as well, and win by name. */
  readonly cwd: string;
  /** When given, a definition that names another backend is malformed. */
  readonly backends?: readonly string[];
  /** Default: the operator's home. */
  readonly home?: string;
}

/** Never throws for what stands in a file; `problems` has it all. */
export async function loadDefinitions(from: DefinitionSources): Promise<Definitions> {
  const { bottles: bottleFolder, agents: agentFolder, contrib } = rootPaths(from.root);
  const known: Known = {
    ...(await knownProviders(contrib)),
    ...(from.backends === undefined ? {} : { backends: from.backends }),
  };
  const bottles = await readKind(bottleFolder, "bottle", "root", (file) => parseBottle(file, known));
  const ours = await readKind(agentFolder, "agent", "root", (file) => parseAgent(file, "root"));
  const theirs = await repositoryAgents(from);
  const definitions: Definitions = {
    bottles: bottles.found,
    agents: new Map([...ours.found, ...theirs.found]),
    broken: [...bottles.broken, ...ours.broken, ...theirs.broken],
    home: from.home ?? home(),
    problems: [...bottles.problems, ...ours.problems, ...theirs.problems, ...(await leftovers(from))],
  };
  return { ...definitions, problems: [...definitions.problems, ...chainProblems(definitions)] };
}

interface Kind<T> {
  readonly found: ReadonlyMap<string, T>;
  readonly broken: readonly BrokenDefinition[];
  readonly problems: readonly Problem[];
}

async function readKind<T extends BottleDefinition | AgentDefinition>(
  folder: string,
  kind: BrokenDefinition["kind"],
  from: Origin,
  parse: (file: { name: string; path: string; text: string }) => Parsed<T>,
): Promise<Kind<T>> {
  const { files, problems } = await readFolder(folder, from === "root");
  const found = new Map<string, T>();
  const broken: BrokenDefinition[] = [];
  for (const file of files) {
    const parsed = parseFile(file, parse);
    problems.push(...(parsed.ok ? parsed.warnings : parsed.problems));
    if (parsed.ok) found.set(file.name, parsed.value);
    else broken.push({ kind, from, name: file.name, path: file.path, problems: parsed.problems });
  }
  return { found, broken, problems };
}

function parseFile<T>(
  { name, path, content }: ReadFile,
  parse: (file: { name: string; path: string; text: string }) => Parsed<T>,
): Parsed<T> {
  if ("problem" in content) return { ok: false, problems: [{ severity: "error", path, message: content.problem }] };
  return parse({ name, path, text: content.text });
}

/** Agents that the working directory brings. Only agents: bottle definitions hold authority and come from the root. */
async function repositoryAgents({ root, cwd }: DefinitionSources): Promise<Kind<AgentDefinition>> {
  const nothing: Kind<AgentDefinition> = { found: new Map(), broken: [], problems: [] };
  const folder = join(cwd, ".bot-bottle");
  // In the home folder, `.bot-bottle` is the root itself.
  if (await isSameFolder(folder, root)) return nothing;
  const info = await lstat(folder).catch(() => undefined);
  if (info === undefined) return nothing;
  if (info.isSymbolicLink()) {
    return {
      ...nothing,
      problems: [{ severity: "warning", path: folder, message: "is ignored: it is a symbolic link" }],
    };
  }
  const agents = await readKind(join(folder, "agents"), "agent", "repository", (file) =>
    parseAgent(file, "repository"),
  );
  return { ...agents, problems: [...agents.problems, ...(await ignoredBottles(folder))] };
}

async function ignoredBottles(folder: string): Promise<Problem[]> {
  const bottles = join(folder, "bottles");
  if ((await lstat(bottles).catch(() => undefined)) === undefined) return [];
  const message = "is ignored: bottle definitions come from your own root alone, never from a repository";
  return [{ severity: "warning", path: bottles, message }];
}

/** The manifest of old, beside a folder that is not there: nothing of it would be used. */
async function leftovers({ root, cwd }: DefinitionSources): Promise<Problem[]> {
  const places = new Map([
    [dirname(root), root],
    [cwd, join(cwd, ".bot-bottle")],
  ]);
  const problems: Problem[] = [];
  for (const [beside, folder] of places) {
    const path = join(beside, "bot-bottle.json");
    // oxlint-disable-next-line no-await-in-loop -- two places
    if (!(await isThere(path)) || (await isThere(folder))) continue;
    const targets =
      folder === root
        ? `${folder}/bottles/<name>.md and ${folder}/agents/<name>.md`
        : `${folder}/agents/<name>.md (bottles go to ${root}/bottles/)`;
    problems.push({
      severity: "error",
      path,
      message: `is the old format and is not read; write each entry of it as ${targets}: its keys between two lines of ---, an agent's prompt below`,
    });
  }
  return problems;
}

/** Malformed `extends` and agents whose bottle is not there: found now, not at the launch. */
function chainProblems(definitions: Definitions): Problem[] {
  const problems: Problem[] = [];
  for (const [name, { path }] of definitions.bottles) {
    const message = attempt(() => resolveBottle(definitions, name));
    if (message !== undefined) problems.push({ severity: "error", path, message });
  }
  for (const { path, bottle } of definitions.agents.values()) {
    if (definitions.bottles.has(bottle)) continue;
    const known = [...definitions.bottles.keys()].toSorted().join(", ");
    const hint = known === "" ? "there are none yet" : `there are: ${known}`;
    problems.push({
      severity: "error",
      path,
      field: "bottle",
      message: `there is no usable bottle definition \`${bottle}\`; ${hint}`,
    });
  }
  return problems;
}

/** What is wrong, without the place, which the problem has. */
function attempt(resolve: () => unknown): string | undefined {
  try {
    resolve();
    return undefined;
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    return error.where === undefined ? error.message : error.message.replace(`${error.where}: `, "");
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function isSameFolder(a: string, b: string): Promise<boolean> {
  const [realA, realB] = await Promise.all([a, b].map((path) => realpath(path).catch(() => undefined)));
  return realA !== undefined && realA === realB;
}

function home(): string | undefined {
  try {
    return process.env["HOME"] ?? homedir();
  } catch {
    return undefined; // no HOME and no passwd entry
  }
}
