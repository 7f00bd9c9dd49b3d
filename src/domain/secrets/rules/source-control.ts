// Code hosts, package registries and build services.

import { hasGithubChecksum } from "../checks/github-checksum.ts";
import { isPlaceholder } from "../checks/placeholder.ts";
import { isMixed } from "../checks/randomness.ts";
import type { SecretRule } from "../rule.ts";
import { assigned, UUID, WORD, WORD_OR_LINE } from "./writing.ts";

const github = (id: string, title: string, prefix: string): SecretRule => ({
  id,
  title,
  patterns: [`${prefix}_[A-Za-z0-9]{36}`],
  notBefore: "[A-Za-z0-9_]",
  // A wrong checksum is no excuse: what looks random may be a token of a kind to come.
  accept: (value) => hasGithubChecksum(value) || !isPlaceholder(value),
});

const gitlab = (id: string, title: string, prefix: string): SecretRule => ({
  id,
  title,
  patterns: [`${prefix}[A-Za-z0-9_-]{20}[A-Za-z0-9_.-]{0,48}`],
});

export const sourceControlRules: readonly SecretRule[] = [
  github("github-pat", "GitHub personal access token", "ghp"),
  github("github-oauth", "GitHub OAuth access token", "gho"),
  github("github-user-to-server", "GitHub App user token", "ghu"),
  github("github-server-to-server", "GitHub App installation token", "ghs"),
  {
    id: "github-stateless",
    title: "GitHub App installation token, signed",
    patterns: [
      "ghs_eyJ[A-Za-z0-9_-]{10,300}\\.eyJ[A-Za-z0-9_-]{20,400}\\.?[A-Za-z0-9_-]{0,200}",
      "ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_-]{10,300}\\.eyJ[A-Za-z0-9_-]{20,400}\\.?[A-Za-z0-9_-]{0,200}",
    ],
  },
  { id: "github-refresh", title: "GitHub App refresh token", patterns: ["ghr_[A-Za-z0-9]{36,76}"], notBefore: WORD },
  {
    id: "github-fine-grained-pat",
    title: "GitHub fine-grained personal access token",
    patterns: ["github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"],
    notBefore: WORD,
  },
  gitlab("gitlab-pat", "GitLab personal access token", "glpat-"),
  gitlab("gitlab-pipeline-trigger", "GitLab pipeline trigger token", "glptt-"),
  gitlab("gitlab-deploy-token", "GitLab deploy token", "gldt-"),
  gitlab("gitlab-runner-token", "GitLab runner token", "glrt-"),
  gitlab("gitlab-job-token", "GitLab CI job token", "glcbt-"),
  gitlab("gitlab-scim-token", "GitLab SCIM token", "glsoat-"),
  gitlab("gitlab-feed-token", "GitLab feed token", "glft-"),
  gitlab("gitlab-agent-token", "GitLab agent token", "glagent-"),
  gitlab("gitlab-oauth-secret", "GitLab OAuth application secret", "gloas-"),
  {
    id: "gitlab-runner-registration",
    title: "GitLab runner registration token",
    patterns: ["GR1348941[A-Za-z0-9_-]{20}"],
    notBefore: WORD_OR_LINE,
  },
  {
    id: "bitbucket-app-password",
    title: "Bitbucket app password",
    patterns: ["ATBB[A-Za-z0-9]{32}"],
    notAfter: "[A-Za-z0-9+/]",
    notBefore: "[A-Za-z0-9+/]",
    accept: isMixed,
  },
  {
    id: "bitbucket-access-token",
    title: "Bitbucket repository access token",
    patterns: ["ATCTT3xFf[A-Za-z0-9_=-]{80,240}"],
  },
  { id: "npm-token", title: "npm access token", patterns: ["npm_[A-Za-z0-9]{36}"], notBefore: "[A-Za-z0-9_]" },
  {
    id: "npm-legacy-token",
    title: "npm registry token in .npmrc",
    patterns: [`:_authToken\\s{0,2}=\\s{0,2}["']?(${UUID})`],
  },
  {
    id: "pypi-token",
    title: "PyPI upload token",
    patterns: ["pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,240}", "pypi-AgENdGVzdC5weXBpLm9yZw[A-Za-z0-9_-]{50,240}"],
  },
  { id: "rubygems-token", title: "RubyGems API key", patterns: ["rubygems_[a-f0-9]{48}"], notBefore: WORD },
  {
    id: "crates-io-token",
    title: "crates.io API token",
    patterns: ["cio[A-Za-z0-9]{32}"],
    notAfter: "[A-Za-z0-9+/_-]",
    notBefore: "[A-Za-z0-9+/_=-]",
    accept: isMixed,
  },
  {
    id: "docker-hub-pat",
    title: "Docker Hub personal access token",
    patterns: ["dckr_pat_[A-Za-z0-9_-]{27}"],
    notBefore: WORD_OR_LINE,
  },
  {
    id: "docker-hub-oat",
    title: "Docker Hub organization access token",
    patterns: ["dckr_oat_[A-Za-z0-9_-]{32}"],
    notBefore: WORD_OR_LINE,
  },
  { id: "nuget-key", title: "NuGet API key", patterns: ["oy2[a-z0-9]{43}"], notAfter: WORD, notBefore: WORD },
  { id: "clojars-token", title: "Clojars deploy token", patterns: ["CLOJARS_[a-z0-9]{60}"], notBefore: WORD },
  {
    id: "packagist-token",
    title: "Packagist token",
    patterns: ["packagist_[ou][rcu]t_[a-f0-9]{68}"],
  },
  {
    id: "artifactory-token",
    title: "JFrog Artifactory token",
    patterns: ["AKCp[A-Za-z0-9]{69}", "cmVmdGtuOjAx[A-Za-z0-9]{52}"],
    notAfter: "[A-Za-z0-9+/]",
    notBefore: "[A-Za-z0-9+/]",
  },
  {
    id: "circleci-token",
    title: "CircleCI API token",
    patterns: ["CCIPAT_[A-Za-z0-9]{22}_[a-f0-9]{40}", "CCIPRJ_[A-Za-z0-9]{22}_[a-f0-9]{40}"],
  },
  { id: "buildkite-token", title: "Buildkite API token", patterns: ["bkua_[a-f0-9]{40}"], notBefore: WORD },
  {
    id: "sonarqube-token",
    title: "SonarQube token",
    patterns: ["sq[upa]_[a-f0-9]{40}"],
    notAfter: WORD,
    notBefore: WORD,
  },
  {
    id: "sourcegraph-token",
    title: "Sourcegraph access token",
    patterns: ["sgp_[a-f0-9]{40}", "sgp_[a-f0-9]{16}_[a-f0-9]{40}", "sgp_local_[a-f0-9]{40}"],
    notBefore: WORD,
  },
  { id: "snyk-token", title: "Snyk API token", patterns: assigned(["snyk"], UUID), notBefore: "[A-Za-z0-9-]" },
  {
    id: "travis-token",
    title: "Travis CI token",
    patterns: assigned(["travis_token", "travis_api", "travisci"], "[A-Za-z0-9_-]{20,22}"),
    notBefore: WORD_OR_LINE,
    accept: isMixed,
  },
];
