// How much is at the top of a bottle's workspace, whether it runs or not.

import { INSIDE } from "#domain/boot/protocol.ts";

import { agentContainer } from "../agent-containers.ts";
import type { DockerContext } from "../context.ts";
import { isGone } from "../engine-answers.ts";
import { execInBottle } from "../exec/exec.ts";
import { namesOf } from "../names.ts";

const SCRIPT = 'cd "$1" 2> /dev/null || { [ -e "$1" ] && echo 1 || echo 0; exit 0; }; ls -A1q | wc -l';

/** What cannot be looked at counts as one: it may be something. */
export async function workspaceEntries(context: DockerContext, slug: string): Promise<number> {
  const container = await agentContainer(context, slug);
  if (container?.state === "running") {
    const { stdout } = await execInBottle(context, slug, {
      argv: ["/bin/sh", "-c", SCRIPT, "count", INSIDE.workspace],
      cwd: "/",
      timeout: 30_000,
    });
    return Number(stdout.trim() || 1);
  }
  return container === undefined ? withoutContainer(context, slug) : fromContainer(context, container.id);
}

/** Read so far at most: an archive holds the content of everything as well. */
const READ_LIMIT = 64 * 1_048_576;

/** The archive of an ended container has its home as well. */
async function fromContainer(context: DockerContext, id: string): Promise<number> {
  const { readTar } = await import("#lib/tar/read.ts");
  try {
    const archive = await context.engine.docker.getContainer(id).getArchive({ path: INSIDE.workspace });
    const names = new Set<string>();
    let read = 0;
    for await (const { path, size } of readTar(archive as unknown as AsyncIterable<Buffer>)) {
      const name = path.split("/").filter((part) => part !== "" && part !== ".")[1];
      if (name !== undefined) names.add(name);
      read += size;
      if (read > READ_LIMIT) break;
    }
    return names.size;
  } catch (error) {
    return isGone(error) ? 0 : 1;
  }
}

/** The volume outlives its container; nothing but a container can look into it. */
async function withoutContainer({ engine }: DockerContext, slug: string): Promise<number> {
  try {
    await engine.docker.getVolume(namesOf(slug).home).inspect();
    return 1;
  } catch (error) {
    return isGone(error) ? 0 : 1;
  }
}
