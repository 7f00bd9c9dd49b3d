// A signal to the agent, sent from inside its container: as on this machine, INT goes to what runs in front.

import type { Container } from "dockerode";

import { BottleError } from "#domain/bottle-error.ts";

import type { DockerContext } from "../context.ts";
import { isGone, isConflict } from "../engine-answers.ts";

// After the name in parentheses, /proc/<pid>/stat has state, parent, group, session, terminal, foreground group.
// The agent is the child of our entrypoint, which is process 1 or its child.
const SCRIPT = `
stat() { read -r line < "/proc/$1/stat" && set -- \${line##*) } && parent=$2 front=$6; }
child() { for entry in /proc/[0-9]*; do pid=\${entry#/proc/}
  stat "$pid" && [ "$parent" = "$1" ] && echo "$pid" && return; done 2> /dev/null; return 1; }
is_ours() { case $(cat "/proc/$1/cmdline" 2> /dev/null) in /opt/bottle-dash/node*) return 0;; esac; return 1; }
if [ "$1" = INT ]; then
  stat 1 && [ "$front" -gt 1 ] && kill -s INT -- "-$front" && exit 0
fi
target=1
is_ours "$target" || target=$(child 1) || target=1
! is_ours "$target" || target=$(child "$target") || exit 1
kill -s "$1" -- "$target"
`;

export async function signalAgent(
  context: DockerContext,
  container: Container,
  signal: "HUP" | "INT" | "TERM" | "KILL",
): Promise<void> {
  try {
    const exec = await container.exec({
      Cmd: ["/bin/sh", "-c", SCRIPT, "signal", signal],
      AttachStdout: true,
      AttachStderr: true,
    });
    const output = await exec.start({ hijack: true, stdin: false });
    output.on("error", () => {}); // `close` follows
    output.resume();
    await new Promise<void>((resolve) => output.once("close", () => resolve()).once("end", () => resolve()));
    const { ExitCode } = await exec.inspect();
    if (ExitCode === 0) return;
  } catch (error) {
    if (!isGone(error) && !isConflict(error)) throw context.engine.error(error, "signal the agent");
  }
  throw new BottleError("unavailable", "the agent does not run");
}
