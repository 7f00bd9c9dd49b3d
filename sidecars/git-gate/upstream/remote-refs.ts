// What an upstream has and what the mirror has, from git's own lists, and whether they differ.

export interface RefList {
  /** Branches, tags and notes: `refs/…` to object name. */
  readonly refs: ReadonlyMap<string, string>;
  /** The branch that HEAD names; undefined when it is detached or nothing is there yet. */
  readonly head: string | undefined;
}

const MIRRORED = /^refs\/(?:heads|tags|notes)\//;

/** What `fetch` is given: these and nothing else of the upstream are mirrored. */
export const REFSPECS = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+refs/notes/*:refs/notes/*"];

/** The output of `git ls-remote --symref`. */
export function parseLsRemote(text: string): RefList {
  const refs = new Map<string, string>();
  let head: string | undefined;
  for (const line of text.split("\n")) {
    const [left = "", name = ""] = line.split("\t");
    const symbolic = /^ref: (refs\/heads\/.+)$/.exec(left);
    if (symbolic !== null && name === "HEAD") head = symbolic[1];
    else if (/^[0-9a-f]{40,64}$/.test(left) && MIRRORED.test(name) && !name.endsWith("^{}")) refs.set(name, left);
  }
  return { refs, head };
}

/** The output of `git for-each-ref --format='%(objectname)%09%(refname)'`. */
export function parseForEachRef(text: string): Map<string, string> {
  return new Map(parseLsRemote(text).refs);
}

export function sameRefs(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([name, object]) => right.get(name) === object);
}
