// What a launch must know of an agent's image.

import type { Engine } from "../engine/engine.ts";
import type { AgentImage } from "./images.ts";

export async function describeAgent(engine: Engine, id: string, tag: string): Promise<AgentImage> {
  const { Config } = await engine.docker
    .getImage(id)
    .inspect()
    .catch((cause: unknown) => {
      throw engine.error(cause, `read the image ${tag}`);
    });
  const env = Object.fromEntries(
    (Config.Env ?? []).map((line) => {
      const at = line.indexOf("=");
      return at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  return { id, tag, env };
}
