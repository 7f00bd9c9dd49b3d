// The pre-receive hook of a mirror: takes the mirror's lock, which the push then holds to its end, and becomes our program.

import { LOCK_DESCRIPTOR } from "../git/lock.ts";

/** Longer than any push before it is given for its scan and its way upstream. */
const LOCK_SECONDS = 900;

export function hookScript(node: string, program: string): string {
  return `#!/bin/sh
flock -x -w ${LOCK_SECONDS} ${LOCK_DESCRIPTOR} || { echo "another push to this repository does not end; try again later" >&2; exit 1; }
ulimit -S -v unlimited # it is no git (memory-limit.ts)
exec ${quote(node)} ${quote(program)} "$@"
`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
