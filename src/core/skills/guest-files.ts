// Skills as files in a bottle, below the folder where its agent looks for them.

import type { GuestFile } from "#contracts/backend.ts";
import type { Skill } from "#domain/provider/skill.ts";

/** `folder` is absolute inside the bottle. Written at each start anew: the operator's version counts. */
export function skillFiles(folder: string, skills: readonly Skill[]): GuestFile[] {
  return skills.flatMap(({ name, files }) =>
    files.map(({ path, content, isExecutable }) => ({
      path: `${folder}/${name}/${path}`,
      content: Buffer.from(content).toString("base64"),
      encoding: "base64" as const,
      mode: isExecutable ? 0o755 : 0o644,
    })),
  );
}
