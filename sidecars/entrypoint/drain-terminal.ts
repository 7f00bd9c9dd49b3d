// Waits until the agent's last words have left the terminal. We lead its session, and at our end the kernel hangs it up and
// throws away what has not been read: so we ask the emulator on the other side where its cursor is, and it answers after
// everything before the question.

import { writeSync } from "node:fs";

const WHERE = "\u001b[6n";
// oxlint-disable-next-line no-control-regex -- the answer is an escape sequence
const HERE = /\u001b\[\d+;\d+R/;
/** Something else may read the answer away: a process that the agent left in the background. */
const PATIENCE_MS = 1000;
/** An engine reads the terminal all the time, whether anybody watches or not; for what it has not read yet. */
const READ_BY_ENGINE_MS = 100;

/** Where an engine holds the terminal nobody may be there to answer, and what we ask would stand in its log. */
export async function drainTerminal(heldByEngine: boolean): Promise<void> {
  const { stdin } = process;
  if (!stdin.isTTY) return;
  if (heldByEngine) return void (await new Promise((resolve) => setTimeout(resolve, READ_BY_ENGINE_MS)));
  try {
    stdin.setRawMode(true);
    await new Promise<void>((resolve) => {
      let heard = "";
      setTimeout(resolve, PATIENCE_MS).unref();
      stdin.on("error", () => resolve());
      stdin.on("data", (chunk: Buffer) => {
        heard = (heard + chunk.toString("latin1")).slice(-64);
        if (HERE.test(heard)) resolve();
      });
      writeSync(1, WHERE);
    });
  } catch {
    // the terminal is gone already
  }
}
