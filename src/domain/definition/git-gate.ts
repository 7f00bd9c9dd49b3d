// `git-gate`: whose name the agent's commits carry, and which remotes it may push to through the gate.

import * as z from "zod";

import { hostKeyProblem } from "#domain/git-gate/host-key.ts";

const REPO_NAME = /^[A-Za-z0-9._-]+$/;

export interface GitUser {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

export const GitUserKeys = z
  .strictObject({ name: z.string().optional(), email: z.string().optional() })
  .refine(
    ({ name = "", email = "" }) => name !== "" || email !== "",
    "is empty; give it a name or an email, or leave it out",
  );

export const GitRepoKeys = z.strictObject({
  url: z.string().check((context) => {
    const wrong = gitUrlProblem(context.value);
    if (wrong !== undefined) context.issues.push({ code: "custom", message: wrong, input: context.value });
  }),
  /** The operator's key file for that remote. */
  identity: z.string().min(1),
  host_key: z
    .string()
    .check((context) => {
      const wrong = hostKeyProblem(context.value);
      if (wrong !== undefined) context.issues.push({ code: "custom", message: wrong, input: context.value });
    })
    .nullable()
    .optional(),
  /** Whether history may be rewritten, and branches deleted that the bottle did not make. Default false. */
  force_push: z.boolean().optional(),
});
export type GitRepo = z.infer<typeof GitRepoKeys>;

const repoName = z
  .string()
  .regex(REPO_NAME, "must have only letters, digits, dots, _ and -")
  .refine((name) => name !== "." && name !== "..", "cannot be a folder's own name");

export const GitGateKeys = z.strictObject({
  user: GitUserKeys.optional(),
  /** An empty one clears what `extends` brought. */
  repos: z.record(repoName, GitRepoKeys).nullable().optional(),
});

export interface GitRemote {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** The parts of `ssh://user@host[:port]/path`; port 22 when none is given. Undefined when any is missing or wrong. */
export function parseGitUrl(url: string): GitRemote | undefined {
  const [, user, literal, name, port = "22", path] =
    /^ssh:\/\/([^@/:\s]+)@(?:\[([0-9A-Fa-f:.]+)\]|([^/:@\s[\]]+))(?::(\d{1,5}))?\/(\S+)$/.exec(url) ?? [];
  const host = literal ?? name;
  if (user === undefined || host === undefined || path === undefined) return undefined;
  return Number(port) >= 1 && Number(port) <= 65_535
    ? { user, host: host.toLowerCase(), port: Number(port), path }
    : undefined;
}

const EXAMPLE = "such as ssh://git@example.com/team/app.git";

/** Which part of a remote's URL is missing or wrong. */
function gitUrlProblem(url: string): string | undefined {
  if (parseGitUrl(url) !== undefined) return undefined;
  if (!url.startsWith("ssh://")) return `must begin with ssh://, ${EXAMPLE}`;
  const rest = url.slice("ssh://".length);
  const slash = rest.indexOf("/");
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const at = authority.lastIndexOf("@");
  const user = authority.slice(0, Math.max(at, 0));
  const hostAndPort = authority.slice(at + 1);
  const port = /:([^:\]]*)$/.exec(hostAndPort)?.[1];
  const host = port === undefined ? hostAndPort : hostAndPort.slice(0, -port.length - 1);
  if (at === -1) return `has no user, ${EXAMPLE}`;
  if (user === "") return `has an empty user, ${EXAMPLE}`;
  if (/[:@\s]/.test(user)) return "has a user with a password or white space; only the key in `identity` is used";
  if (host === "") return `has no host, ${EXAMPLE}`;
  if (port !== undefined && !/^\d+$/.test(port)) return "has a port that is no number";
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    return "has a port that is not between 1 and 65535";
  if (slash === -1) return `has no path, ${EXAMPLE}`;
  if (rest.slice(slash + 1) === "") return `has an empty path, ${EXAMPLE}`;
  return `is no remote, ${EXAMPLE}`;
}
