// Hands the operator's terminal to an agent and takes it back: used by the dashboard's reattach and by `attach`.

import { StringDecoder } from "node:string_decoder";

import type { Terminal } from "#contracts/backend.ts";
import { plainLine } from "#domain/plain-text.ts";

import { splitAtDetachKey, type DetachKey } from "./detach-key.ts";
import { enterAgentScreen, leaveAgentScreen } from "./terminal-modes.ts";

export { parseDetachKey, type DetachKey } from "./detach-key.ts";

export interface RelayOptions {
  readonly terminal: Terminal;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly detachKey: DetachKey;
  /** Whose terminal it is, for the title. */
  readonly name?: string;
}

export type RelayEnd = "detached" | "exited";

/** A second press within this many milliseconds sends the detach key to the agent instead. */
const TWICE_WITHIN_MS = 300;
/** Answers of the terminal to the agent's last questions arrive late: they are nobody's keys. */
const LATE_ANSWERS_MS = 60;

/**
 * Until the operator detaches or the agent ends. The caller must not read `stdin` or write `stdout` meanwhile;
 * afterwards every mode is reset and `stdin` is as it was. Never throws for what the agent or the terminal does.
 */
export async function relayTerminal(options: RelayOptions): Promise<RelayEnd> {
  const { terminal, stdin, stdout, detachKey } = options;
  const wasRaw = stdin.isRaw;
  const fit = (): void => terminal.resize(stdout.columns || 80, stdout.rows || 24);
  if (stdin.isTTY) stdin.setRawMode(true);
  fit();
  stdout.on("resize", fit);
  stdout.write(enterAgentScreen(titleOf(options)));
  stdout.write(terminal.snapshot);
  const keyboard = relayKeys(stdin, detachKey, (data) => terminal.write(data));
  try {
    return await Promise.race([keyboard.detached, relayOutput(terminal, stdout)]);
  } finally {
    stdout.off("resize", fit);
    terminal.detach();
    stdout.write(leaveAgentScreen());
    await keyboard.stop();
    if (stdin.isTTY) stdin.setRawMode(wasRaw);
  }
}

/** How long to wait until the agent's terminal has taken the new size. */
const RESIZED_WITHIN_MS = 500;

/**
 * A terminal whose snapshot is of the operator's size: one of another size is resized first, and then asked for again,
 * since a screen of 80 columns cannot be painted on 60.
 */
export async function attachFitted(
  attach: () => Promise<Terminal>,
  stdout: Pick<NodeJS.WriteStream, "columns" | "rows">,
): Promise<Terminal> {
  const terminal = await attach();
  const cols = stdout.columns || 80;
  const rows = stdout.rows || 24;
  if (terminal.cols === cols && terminal.rows === rows) return terminal;
  terminal.resize(cols, rows);
  const giveUp = setTimeout(() => terminal.detach(), RESIZED_WITHIN_MS);
  for await (const event of terminal.events) {
    if (event.type === "exit" || (event.type === "resize" && event.cols === cols && event.rows === rows)) break;
  }
  clearTimeout(giveUp);
  terminal.detach();
  return attach();
}

function titleOf({ name, detachKey }: RelayOptions): string {
  const who = name === undefined ? "" : `${plainLine(name)}: `;
  return `${who}${detachKey.label} detaches (twice sends it)`;
}

async function relayOutput(terminal: Terminal, stdout: NodeJS.WriteStream): Promise<RelayEnd> {
  for await (const event of terminal.events) {
    if (event.type === "output") await write(stdout, event.data);
    else if (event.type === "reset") await write(stdout, `\u001b[0m\u001b[2J\u001b[H${event.snapshot}`);
    else if (event.type === "exit") return "exited";
  }
  return "exited";
}

function write(stdout: NodeJS.WriteStream, data: string): Promise<void> | void {
  if (stdout.write(data)) return;
  return new Promise((resolve) => {
    stdout.once("drain", resolve);
    stdout.once("close", resolve);
  });
}

interface Keyboard {
  readonly detached: Promise<RelayEnd>;
  stop(): Promise<void>;
}

function relayKeys(stdin: NodeJS.ReadStream, key: DetachKey, send: (data: string) => void): Keyboard {
  const { promise, resolve } = Promise.withResolvers<RelayEnd>();
  const split = splitAtDetachKey(key);
  const decoder = new StringDecoder("utf8");
  let leaving: NodeJS.Timeout | undefined;
  const detach = (): void => resolve("detached");

  const press = (): void => {
    if (leaving === undefined) {
      leaving = setTimeout(detach, TWICE_WITHIN_MS);
      return;
    }
    clearTimeout(leaving);
    leaving = undefined;
    send(key.byte);
  };
  const typed = (chunk: Buffer | string): void => {
    for (const stroke of split(typeof chunk === "string" ? chunk : decoder.write(chunk))) {
      if (stroke.type === "detach-key") press();
      else if (leaving === undefined) send(stroke.data);
      else detach(); // typed after the key: meant for where it leads, and never for the agent
    }
  };

  stdin.on("data", typed);
  stdin.once("end", detach);
  stdin.once("close", detach);
  stdin.resume();
  return {
    detached: promise,
    async stop() {
      clearTimeout(leaving);
      stdin.off("data", typed);
      stdin.off("end", detach);
      stdin.off("close", detach);
      await swallow(stdin, LATE_ANSWERS_MS);
      stdin.pause();
    },
  };
}

async function swallow(stdin: NodeJS.ReadStream, forMs: number): Promise<void> {
  const nobody = (): void => {};
  stdin.on("data", nobody);
  await new Promise((resolve) => {
    setTimeout(resolve, forMs);
  });
  stdin.off("data", nobody);
}
