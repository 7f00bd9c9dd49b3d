// What the operator contributed, as the doctor sees it: a malformed file costs only itself, and is said here.

import type { DoctorItem } from "#contracts/console.ts";
import { contributedProviders } from "#core/definitions/contributed.ts";
import { describeProblem } from "#domain/problem/problem.ts";
import { rootPaths } from "#lib/paths.ts";

export async function providerItems(root: string): Promise<DoctorItem[]> {
  const all = await contributedProviders(rootPaths(root).contrib);
  return all.map(({ name: provider, path, parsed }): DoctorItem => {
    const name = `provider ${provider}`;
    if (!parsed.ok) {
      return {
        name,
        state: "warning",
        detail: parsed.problems.map(describeProblem).join("; "),
        hint: `mend ${path}; until then no bottle can use it`,
      };
    }
    const warnings = parsed.warnings.map(describeProblem);
    return { name, state: warnings.length === 0 ? "ok" : "warning", detail: [path, ...warnings].join("; ") };
  });
}
