// What is on an agent's screen at this moment, without following it: the end of the engine's log, drawn once more. As far as
// that goes: what was drawn before the end of the log and never again is missing.

import type { ScreenView } from "#domain/provider/screen-rules.ts";
import { bottlePaths } from "#lib/paths.ts";
import { readRedactions } from "#lib/redact/redactions-file.ts";

import { agentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import { isGone } from "../engine-answers.ts";
import { readSize } from "./size.ts";
import { tailOf } from "./tail.ts";

/** Programs that draw seldom end a line: these are many screens. */
const LINES = 400;

/** Undefined when it does not run. */
export async function lookAt(context: DockerContext, slug: string): Promise<ScreenView | undefined> {
  const container = await agentContainer(context, slug);
  if (container?.state !== "running") return undefined;
  try {
    const paths = bottlePaths(context.root, slug);
    const redactions = await readRedactions(paths);
    const [size, past, { openEmulator }] = await Promise.all([
      readSize(paths),
      tailOf(context.engine.docker.getContainer(container.id), redactions.open(), LINES),
      import("#lib/screen/emulator.ts"),
    ]);
    const emulator = openEmulator(size.cols, size.rows, () => {}, 0);
    await new Promise<void>((resolve) => emulator.write(past, resolve));
    const view = emulator.view();
    emulator.dispose();
    return view;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw context.engine.error(error, "read the end of the log");
  }
}
