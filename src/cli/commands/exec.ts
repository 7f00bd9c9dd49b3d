// exec: runs a command of the operator's in a running bottle, and ends as it did.

import { buffer } from "node:stream/consumers";

import { INSIDE } from "#domain/boot/protocol.ts";

import { defineCommand, type ExitCode, type ProgramExit } from "../command.ts";
import { answer } from "../print.ts";

export const exec = defineCommand({
  arguments: [
    { name: "slug", describe: "a running bottle", completes: "slug" },
    { name: "command", describe: "the command and its arguments, behind --", rest: true },
  ],
  options: {
    user: { type: "string", short: "u", value: "user", describe: "a name or a number (default: node)" },
    cwd: { type: "string", short: "w", value: "folder", describe: `where it begins (default: ${INSIDE.home})` },
    interactive: { type: "boolean", short: "i", describe: "give it what comes on standard input" },
  },
  details: [
    "It has the walls of the bottle around it, and no terminal. What it prints is passed on as it is, also sequences that your terminal may obey: an agent may have written them.",
    "Exits with the exit code of the command: 126 when it could not be started, 127 when there is none of that name. With --json nothing is passed on: an object {exit_code, stdout, stderr, cut} is printed in the end.",
  ],
  examples: [
    "bottle-dash exec reviewer-k3x9a -- git -C workspace status",
    "bottle-dash exec reviewer-k3x9a --user root --cwd /tmp -- sh -c 'id; ls -la'",
  ],
  async run({ args, options }, context): Promise<ExitCode> {
    const console = await context.console();
    const result = await console.exec(args.slug, {
      argv: args.command,
      signal: context.signal,
      ...(options.user !== undefined && { user: options.user }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.interactive && { input: await buffer(context.stdin) }),
      ...(!context.json && { output: (of, bytes) => void context[of].write(bytes) }),
    });
    const { exitCode, stdout, stderr, cut } = result;
    if (context.json) answer(context, { exit_code: exitCode, stdout, stderr, cut }, () => "");
    return exitCode as ProgramExit;
  },
});
