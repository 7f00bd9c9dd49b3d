// What the git gate of a local bottle takes from this machine. A docker bottle brings its own.

import { execa } from "execa";

import type { DoctorItem } from "#contracts/console.ts";

/** The first that keeps a pushed pack apart until it was looked at in all the ways that the gate uses. */
const OLDEST_GIT = [2, 30] as const;

export async function gitItems(): Promise<DoctorItem[]> {
  const [git, ssh] = await Promise.all([printed("git", ["--version"]), printed("ssh", ["-V"])]);
  return [gitItem(git), sshItem(ssh)];
}

export function gitItem(text: string | undefined): DoctorItem {
  const name = "git";
  const [, version = "", major = "0", minor = "0"] = /git version ((\d+)\.(\d+)\S*)/.exec(text ?? "") ?? [];
  if (version === "") {
    const detail = "is not installed; the git gate of local bottles needs it";
    return { name, state: "warning", detail, hint: "install git, or use a docker bottle" };
  }
  const enough = Number(major) > OLDEST_GIT[0] || (Number(major) === OLDEST_GIT[0] && Number(minor) >= OLDEST_GIT[1]);
  return enough
    ? { name, state: "ok", detail: version }
    : {
        name,
        state: "warning",
        detail: `${version} is too old for the git gate`,
        hint: `install ${OLDEST_GIT.join(".")} or newer`,
      };
}

export function sshItem(text: string | undefined): DoctorItem {
  const [version] = /OpenSSH_[^\s,]+/.exec(text ?? "") ?? [];
  if (version !== undefined) return { name: "ssh", state: "ok", detail: version };
  return {
    name: "ssh",
    state: "warning",
    detail: "is not installed; the git gate of local bottles reaches its remotes with it",
    hint: "install the OpenSSH client, or use a docker bottle",
  };
}

/** Undefined when it is not there. */
async function printed(program: string, args: readonly string[]): Promise<string | undefined> {
  const { failed, all } = await execa(program, args, { reject: false, all: true, timeout: 5000, stdin: "ignore" });
  return failed ? undefined : all;
}
