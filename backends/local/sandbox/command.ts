// From a sandbox to the one command line that makes it: what runs first in the bottle's terminal.

import { bubblewrapArgs, type BubblewrapVersion } from "./bubblewrap-args.ts";
import { droppedArgs, stagedSandbox } from "./drop-root.ts";
import type { Loader } from "./filter-loader.ts";
import { SECCOMP_FD, type Mechanism, type Sandbox } from "./sandbox.ts";
import { quote } from "./shell-text.ts";
import { unshareArgs } from "./unshare-script.ts";

export interface Maker {
  readonly mechanism: Mechanism;
  readonly bubblewrap: BubblewrapVersion;
  /** What loads the system call filter where util-linux makes the sandbox; undefined where nothing can. */
  readonly loader: Loader | undefined;
  /** The uid to drop to; undefined when we are not root. */
  readonly dropTo: number | undefined;
}

export function isFiltered({ mechanism, loader }: Pick<Maker, "mechanism" | "loader">): boolean {
  return mechanism === "bubblewrap" || loader !== undefined;
}

/** The sandbox dies with the process that runs this. Its terminal has no session yet: what runs inside leads one. */
export function sandboxCommand(sandbox: Sandbox, inside: readonly string[], maker: Maker): string[] {
  const { dropTo } = maker;
  const made =
    dropTo === undefined
      ? make(sandbox, inside, maker)
      : droppedArgs(sandbox, dropTo, make(stagedSandbox(sandbox), inside, maker));
  const filter = isFiltered(maker) ? `exec ${SECCOMP_FD}<"$0"; ` : "";
  const joins = sandbox.groups.map((group) => `echo $$ > ${quote(`${group}/cgroup.procs`)}; `).join("");
  return ["/bin/sh", "-c", `set -e; ${joins}${filter}exec setpriv --pdeathsig KILL "$@"`, sandbox.seccomp, ...made];
}

function make(sandbox: Sandbox, inside: readonly string[], { mechanism, bubblewrap, loader }: Maker): string[] {
  switch (mechanism) {
    case "bubblewrap":
      return bubblewrapArgs(sandbox, inside, bubblewrap);
    case "util-linux":
      return unshareArgs(sandbox, inside, loader);
  }
}
