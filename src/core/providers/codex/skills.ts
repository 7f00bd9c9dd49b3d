// Skills, in the folder of the home where Codex looks for those of its user.

import type { GuestFile } from "#contracts/backend.ts";
import type { ProvisionSpec } from "#contracts/provider.ts";

export function skillFiles({ home, skills }: ProvisionSpec): GuestFile[] {
  return skills.flatMap(({ name, files }) =>
    files.map(({ path, content, isExecutable }) => ({
      path: `${home}/.agents/skills/${name}/${path}`,
      content: Buffer.from(content).toString("base64"),
      encoding: "base64" as const,
      mode: isExecutable ? 0o755 : 0o644,
    })),
  );
}
