// The ways from a command onto the operator's terminal: the agent's own screen.

import { ReadStream, WriteStream } from "node:tty";

import type { Console } from "#contracts/console.ts";
import { BottleError } from "#domain/bottle-error.ts";

import type { CommandContext } from "./command.ts";
import { Interrupted } from "./exit-code.ts";
import { note } from "./print.ts";

export function hasTerminal(context: CommandContext): boolean {
  return context.stdin.isTTY === true && context.stdout.isTTY === true;
}

/** `detachKeys` over those of config.yml. Returns when the operator detached or the agent ended. Throws `usage` where there is no terminal to hand over. */
export async function handOver(
  context: CommandContext,
  console: Console,
  slug: string,
  detachKeys: string | undefined,
): Promise<void> {
  const { stdin, stdout } = context;
  if (!(stdin instanceof ReadStream && stdout instanceof WriteStream)) {
    throw new BottleError("usage", "there is no terminal on standard input and output to hand over", {
      hint: `run it in a terminal, or read along with \`bottle-dash logs ${slug} -f\``,
    });
  }
  const [{ parseDetachKey, relayTerminal }, { readSettings }] = await Promise.all([
    import("#modes/tui/attach.ts"),
    import("./settings.ts"),
  ]);
  const detachKey = parseDetachKey(detachKeys ?? (await readSettings(context, console)).detach_keys);
  const terminal = await console.attach(slug);
  // A signal leaves the agent as the detach key does, so that the operator's terminal is put back in order.
  context.signal.addEventListener("abort", () => terminal.detach(), { once: true });
  const end = await relayTerminal({ terminal, stdin, stdout, detachKey, name: slug });
  if (context.signal.aborted) throw new Interrupted(`detached; the agent goes on: bottle-dash attach ${slug}`);
  note(
    context,
    end === "detached" ? `detached; the agent goes on: bottle-dash attach ${slug}` : `the agent of ${slug} has ended`,
  );
}
