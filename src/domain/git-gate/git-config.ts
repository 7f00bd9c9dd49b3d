// The agent's `~/.gitconfig`: whose name its commits carry, and every way to write a remote as the gate's address.

import { INSIDE } from "#domain/boot/protocol.ts";

import type { GateRepo } from "./gate.ts";

export interface GitIdentity {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/** Empty when there is nothing to say. What the agent sets itself goes to `~/.config/git/config`, and stays. */
export function gitConfig(user: GitIdentity, repos: readonly GateRepo[]): string {
  const identity = Object.entries({ name: user.name, email: user.email }).flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [`\t${key} = ${quoted(value)}`],
  );
  const sections = [
    ...(identity.length === 0 ? [] : [["[user]", ...identity]]),
    ...repos.map((repo) => [
      `[url ${quoted(gateUrl(repo.name))}]`,
      ...spellings(repo, repos).map((url) => `\tinsteadOf = ${quoted(url)}`),
    ]),
  ];
  if (sections.length === 0) return "";
  return `# Written by bottle-dash at each start. Your own settings go to ~/.config/git/config.\n${sections.flat().join("\n")}\n`;
}

export function gateUrl(name: string): string {
  return `http://${INSIDE.gitHttp.host}:${INSIDE.gitHttp.port}/${name}.git`;
}

/** The longest that matches wins in git, so the form without `.git` does not shadow the one with it. */
function spellings(repo: GateRepo, all: readonly GateRepo[]): string[] {
  const { user, host, port } = repo;
  const literal = host.includes(":") ? `[${host}]` : host;
  const path = repo.path.replace(/\/+$/, "").replace(/\.git$/, "");
  // Another repository of the definition may be at the usual port of the same host, with the same path.
  const isTaken = port !== 22 && all.some((one) => isAt22(one) && sameRemote(one, repo));
  const places = [
    `ssh://${user}@${literal}:${port}/`,
    ...(isTaken ? [] : [`ssh://${user}@${literal}/`, `${user}@${literal}:`, `${user}@${literal}:/`]),
  ];
  return places.flatMap((place) => [`${place}${path}.git`, `${place}${path}`]);
}

function isAt22({ port }: GateRepo): boolean {
  return port === 22;
}

function sameRemote(a: GateRepo, b: GateRepo): boolean {
  return a.user === b.user && a.host === b.host && a.path.replace(/\.git$/, "") === b.path.replace(/\.git$/, "");
}

/** As git reads a value: in quotes, with its own escapes; a line break would begin another setting. */
function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- no control character has a place in a setting
  const plain = text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, " ");
  return `"${plain
    .replaceAll("\\", "\\\\")
    .replaceAll('"', String.raw`\"`)
    .replaceAll("\t", String.raw`\t`)}"`;
}
