// Bounds the memory of every git that works on what an agent sends: a pack of kilobytes can unpack to any size, and a few
// trees can list any number of files. It fails then, alone, and what it was at is refused.

/** Of one process. A pack of the largest size allowed, of ordinary objects, needs less than half of it. */
const MOST_MEBIBYTES = 2048;

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The limit holds for all that it starts. It is the soft one: the hook, which is no git, lifts it again. */
export function gitWithLimit(args: readonly string[]): Command {
  return { file: "/bin/sh", args: ["-c", `ulimit -S -v ${MOST_MEBIBYTES * 1024} && exec git "$@"`, "git", ...args] };
}
