// How a bottle definition's keys come over its parent's.

import { BottleError } from "#domain/bottle-error.ts";

import type { BottleKeys } from "./bottle.ts";
import { type GitRepo, type GitUser, parseGitUrl } from "./git-gate.ts";

type GitGate = NonNullable<BottleKeys["git-gate"]>;
type Repos = Readonly<Record<string, GitRepo>>;

/** `env` merges by name; `git-gate` by its own rules; any other key that the child has replaces the parent's. */
export function mergeKeys(parent: BottleKeys, child: BottleKeys, name: string): BottleKeys {
  const gitGate = mergeGitGate(parent["git-gate"], child["git-gate"], name);
  return {
    ...parent,
    ...child,
    ...(parent.env === undefined && child.env === undefined ? {} : { env: { ...parent.env, ...child.env } }),
    ...(gitGate === undefined ? {} : { "git-gate": gitGate }),
  };
}

/** Each field that `over` has wins. */
export function overlayUser(under: GitUser, over: GitUser): GitUser {
  const name = over.name || under.name;
  const email = over.email || under.email;
  return { ...(name ? { name } : {}), ...(email ? { email } : {}) };
}

function mergeGitGate(parent: GitGate | undefined, child: GitGate | undefined, name: string): GitGate | undefined {
  if (child === undefined || parent === undefined) return child ?? parent;
  const user = overlayUser(parent.user ?? {}, child.user ?? {});
  return {
    ...(Object.keys(user).length === 0 ? {} : { user }),
    ...(child.repos === undefined
      ? { repos: parent.repos }
      : { repos: mergeRepos(parent.repos ?? {}, child.repos ?? {}, name) }),
  };
}

/** An empty child clears; else each host that the child names is the child's alone. */
function mergeRepos(parent: Repos, child: Repos, name: string): Record<string, GitRepo> {
  if (Object.keys(child).length === 0) return {};
  const taken = new Set(Object.values(child).map(hostOf));
  const inherited = Object.entries(parent).filter(([, repo]) => !taken.has(hostOf(repo)));
  const twice = inherited.find(([repo]) => Object.hasOwn(child, repo))?.[0];
  if (twice !== undefined) {
    throw new BottleError(
      "invalid",
      `git-gate.repos: \`${twice}\` is the name of two repositories, one of them inherited`,
      {
        where: `bottle ${name}`,
        hint: "give one of them another name",
      },
    );
  }
  return Object.fromEntries([...inherited, ...Object.entries(child)]);
}

function hostOf({ url }: GitRepo): string {
  return parseGitUrl(url)?.host ?? url;
}
