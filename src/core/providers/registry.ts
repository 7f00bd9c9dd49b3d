// Every provider of ours, one line each, and those that the operator contributed.

import type { Provider } from "#contracts/provider.ts";
import { contributedProvider, contributedProviders } from "#core/definitions/contributed.ts";
import { BottleError } from "#domain/bottle-error.ts";
import { rootPaths } from "#lib/paths.ts";

import { codex } from "./codex/provider.ts";
import { claude } from "./claude/provider.ts";
import { command } from "./command/provider.ts";
import { contributedAsProvider } from "./contributed/provider.ts";
import { pi } from "./pi/provider.ts";

export const PROVIDERS: readonly Provider[] = [claude, command, codex, pi];

/**
 * Of the operator's root folder also the contributed ones. Throws `invalid` for a contributed one that is malformed, and
 * `unavailable` for a template that this version cannot run.
 */
export async function providerNamed(template: string, root: string, where: string): Promise<Provider> {
  const provider = PROVIDERS.find(({ name }) => name === template);
  if (provider !== undefined) return provider;
  const { contrib } = rootPaths(root);
  const contributed = await contributedProvider(contrib, template);
  if (contributed !== undefined) return contributedAsProvider(contributed);
  const theirs = (await contributedProviders(contrib)).filter(({ parsed }) => parsed.ok).map(({ name }) => name);
  throw new BottleError("unavailable", `this version cannot run the provider ${JSON.stringify(template)}`, {
    where,
    hint: `use one of: ${[...PROVIDERS.map(({ name }) => name), ...theirs].join(", ")}`,
  });
}
