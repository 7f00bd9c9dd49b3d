// Which agents a local bottle would find on the operator's PATH. None of them is needed: a docker bottle has them in its image.

import { access, constants } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

import type { DoctorItem } from "#contracts/console.ts";
import { loadDefinitions } from "#core/definitions/load.ts";

import { PROVIDERS } from "./providers/registry.ts";

/** `wanted`: the templates that definitions name. Who runs Claude alone is not warned that there is no Pi. */
export async function agentItems(path: string, wanted: ReadonlySet<string>): Promise<DoctorItem[]> {
  const items = PROVIDERS.map(async ({ name: template, program }): Promise<DoctorItem[]> => {
    if (program === undefined) return [];
    const name = `agent ${program.name}`;
    const file = await found(program.name, path);
    if (file !== undefined) return [{ name, state: "ok", detail: file }];
    const detail = "is not on your PATH: only a docker bottle can run it";
    const hint = `install it: \`${program.install}\``;
    return [{ name, state: wanted.has(template) ? "warning" : "ok", detail, hint }];
  });
  return (await Promise.all(items)).flat();
}

/** Of the root's bottles. */
export async function wantedTemplates(root: string): Promise<Set<string>> {
  const { bottles } = await loadDefinitions({ root, cwd: root });
  return new Set([...bottles.values()].flatMap(({ keys }) => keys.agent_provider?.template ?? []));
}

/** As the local backend looks it up: in absolute folders alone. */
async function found(program: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(":").filter(isAbsolute)) {
    const file = join(folder, program);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return undefined;
}
