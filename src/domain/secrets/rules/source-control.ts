// Code hosts, package registries and build services.

import { hasGithubChecksum } from "../checks/github-checksum.ts";
import { isPlaceholder } from "../checks/placeholder.ts";
import type { SecretRule } from "../rule.ts";

const WORD = "[A-Za-z0-9]";
const WORD_OR_LINE = "[A-Za-z0-9_-]";

const github = (id: string, title: string, prefix: string): SecretRule => ({
  id,
  title,
  patterns: [`${prefix}_[A-Za-z0-9]{36}`],
  notBefore: "[A-Za-z0-9_]",
  // A wrong checksum is no excuse: what looks random may be a token of a kind to come.
  accept: (value) => hasGithubChecksum(value) || !isPlaceholder(value),
});

export const sourceControlRules: readonly SecretRule[] = [
  github("github-pat", "GitHub personal access token", "ghp"),
  github("github-oauth", "GitHub OAuth access token", "gho"),
  github("github-user-to-server", "GitHub App user-to-server token", "ghu"),
  github("github-server-to-server", "GitHub App installation token", "ghs"),
  { id: "github-refresh", title: "GitHub App refresh token", patterns: ["ghr_[A-Za-z0-9]{36,76}"], notBefore: WORD },
  {
    id: "github-fine-grained-pat",
    title: "GitHub fine-grained personal access token",
    patterns: ["github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"],
    notBefore: WORD,
  },
  {
    id: "gitlab-pat",
    title: "GitLab personal access token",
    patterns: ["glpat-[A-Za-z0-9_-]{20,52}"],
  },
  { id: "npm-token", title: "npm access token", patterns: ["npm_[A-Za-z0-9]{36}"], notBefore: WORD },
  {
    id: "pypi-token",
    title: "PyPI upload token",
    patterns: ["pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,240}", "pypi-AgENdGVzdC5weXBpLm9yZw[A-Za-z0-9_-]{50,240}"],
  },
  {
    id: "docker-hub-pat",
    title: "Docker Hub access token",
    patterns: ["dckr_pat_[A-Za-z0-9_-]{27}"],
    notBefore: WORD_OR_LINE,
  },
];
