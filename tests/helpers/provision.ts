// What providers are asked in unit tests, and what they answer.

import type { OperatorSide, Provider, ProviderPlan, ProvisionSpec } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";

/** A first start by an operator who has nothing. */
export function provisionSpec(
  settings: ProvisionSpec["settings"],
  more: Partial<Omit<ProvisionSpec, "settings">> = {},
): ProvisionSpec {
  return {
    settings,
    where: "bottle dev",
    prompt: "",
    task: undefined,
    resume: false,
    home: "/home/node",
    workspace: "/home/node/workspace",
    cwd: "/home/node",
    routes: [],
    supervise: { mcp: "http://127.0.0.1:9100/mcp", state: "http://127.0.0.1:9100/state" },
    skills: [],
    operator: operatorSide(),
    ...more,
  };
}

/** `files` by absolute path. */
export function operatorSide(
  of: Partial<Omit<OperatorSide, "readFile">> = {},
  files: Readonly<Record<string, string>> = {},
): OperatorSide {
  return { env: {}, home: undefined, now: new Date(0), readFile: async (path) => files[path], ...of };
}

/** `path` is below the home. Throws when the plan has no such file. */
export function textAt({ files }: ProviderPlan, path: string): string {
  const file = files.find((one) => one.path === `/home/node/${path}`);
  if (file === undefined) throw new Error(`no ${path} in ${files.map((one) => one.path).join(", ")}`);
  return file.content;
}

/** Throws when it was not refused. */
export async function refusal(provider: Provider, spec: ProvisionSpec): Promise<BottleError> {
  const error: unknown = await provider.provision(spec).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof BottleError) return error;
  throw new Error("it was not refused");
}
