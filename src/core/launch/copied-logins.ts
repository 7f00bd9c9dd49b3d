// What of the operator's logins and keys lies in the folder that is copied into a bottle: whoever starts one at home gives all away.

import { realpath } from "node:fs/promises";
import { join, relative } from "node:path";

/** Below the home folder: of the agents first, then of what they would use. */
const LOGINS = [
  ".codex/auth.json",
  ".claude/.credentials.json",
  ".pi/agent/auth.json",
  ".ssh",
  ".gnupg",
  ".aws",
  ".netrc",
  ".git-credentials",
  ".config/gh",
  ".docker/config.json",
  ".kube",
] as const;

export interface CopiedFrom {
  readonly copyCwd: string | undefined;
  /** The operator's. */
  readonly home: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A login that the agent is given in another way. */
  readonly seed: string | undefined;
}

/** One warning that names them; none where nothing of the kind is copied. */
export async function copiedLoginWarnings({ copyCwd, home, env, seed }: CopiedFrom): Promise<string[]> {
  if (copyCwd === undefined) return [];
  const from = (await real(copyCwd)) ?? copyCwd;
  const codexHome = env["CODEX_HOME"] ?? "";
  const candidates = [
    ...(home === undefined ? [] : LOGINS.map((path) => join(home, path))),
    ...(codexHome === "" ? [] : [join(codexHome, "auth.json")]),
    ...(seed === undefined ? [] : [seed]),
  ];
  const found = await Promise.all(candidates.map(real));
  const inside = [...new Set(found)].filter((path) => path !== undefined).map((path) => relative(from, path));
  const copied = inside.filter((path) => path !== ".." && !path.startsWith("../"));
  if (copied.length === 0) return [];
  const isOne = copied.length === 1;
  return [
    `${copied.join(", ")} of ${copyCwd} ${isOne ? "is" : "are"} copied as well: the agent can read ${isOne ? "it" : "them"}; start it in a folder of your work instead`,
  ];
}

async function real(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined);
}
