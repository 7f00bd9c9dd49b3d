// The agent's `~/.gitconfig`: whose name its commits carry, and every way to write a remote as the gate's address.

import { INSIDE } from "#domain/boot/protocol.ts";

import type { GateRepo } from "./gate.ts";

export interface GitIdentity {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/** Empty when there is nothing to say. What the agent sets itself goes to `~/.config/git/config`, and stays. */
export function gitConfig(user: GitIdentity, repos: readonly GateRepo[]): string {
  const lines = [
    ...section("[user]", [
      ["name", user.name],
      ["email", user.email],
    ]),
    // The bottle's proxy is for what is outside of it, whatever the environment of a git says.
    ...(repos.length === 0 ? [] : section(`[http ${quoted(gateAddress())}]`, [["proxy", ""]])),
    ...repos.flatMap((repo) =>
      section(
        `[url ${quoted(gateUrl(repo.name))}]`,
        addressesOf(repo, repos).map((address) => ["insteadOf", address]),
      ),
    ),
  ];
  if (lines.length === 0) return "";
  return `# Written by bottle-dash at each start. Your own settings go to ~/.config/git/config.\n${lines.join("\n")}\n`;
}

function gateUrl(name: string): string {
  return `${gateAddress()}/${name}.git`;
}

function gateAddress(): string {
  return `http://${INSIDE.gitHttp.host}:${INSIDE.gitHttp.port}`;
}

type Address = Pick<GateRepo, "user" | "host" | "port" | "path">;

const SCHEMES = ["ssh", "git+ssh", "ssh+git"];

/** All that git takes for this repository over ssh. Git replaces the longest that an address begins with. */
function addressesOf(repo: Address, all: readonly Address[]): string[] {
  const { user, host, port } = repo;
  const bare = bareOf(repo);
  const paths = [bare, encodeURI(bare.toWellFormed())].flatMap((path) => [`${path}.git`, path]);
  const literal = host.includes(":") ? `[${host}]` : host;
  const addresses = [literal, literal.toLowerCase()].flatMap((name) => {
    const usual = isTaken(repo, all) ? [] : [`${user}@${name}`];
    const authorities = [...usual, `${user}@${name}:${port}`];
    // Like scp: a path from the home of the user there, or, with a slash, from the root.
    const scp = [...usual, ...usual.map((one) => `[${one}]`), `[${user}@${host}:${port}]`];
    return paths.flatMap((path) => [
      ...SCHEMES.flatMap((scheme) => authorities.map((authority) => `${scheme}://${authority}/${path}`)),
      ...scp.flatMap((where) => [`${where}:${path}`, `${where}:/${path}`]),
    ]);
  });
  return [...new Set(addresses)];
}

/** Without a port an address is at 22: there another repository of the definition may have the same path. */
function isTaken(repo: Address, all: readonly Address[]): boolean {
  return (
    repo.port !== 22 &&
    all.some(
      (one) => one.port === 22 && one.user === repo.user && one.host === repo.host && bareOf(one) === bareOf(repo),
    )
  );
}

function bareOf({ path }: Address): string {
  return path
    .replace(/^\/+/, "")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
}

/** Nothing when none of the values is there. */
function section(head: string, values: readonly (readonly [key: string, value: string | undefined])[]): string[] {
  const lines = values.flatMap(([key, value]) =>
    value === undefined || (value === "" && key !== "proxy") ? [] : [`\t${key} = ${quoted(value)}`],
  );
  return lines.length === 0 ? [] : [head, ...lines];
}

/** In quotation marks nothing begins a comment, ends the value or is trimmed; a line end would begin another setting. */
function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- no control character has a place in a setting
  return `"${text.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
