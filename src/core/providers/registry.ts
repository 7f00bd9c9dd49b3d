// Every provider, one line each.

import type { Provider } from "#contracts/provider.ts";
import { BottleError } from "#domain/bottle-error.ts";

import { command } from "./command/provider.ts";

const PROVIDERS: readonly Provider[] = [command];

/** Of the operator's root folder also the contributed ones. Throws `unavailable` for a template that this version cannot run. */
export async function providerNamed(template: string, _root: string, where: string): Promise<Provider> {
  const provider = PROVIDERS.find(({ name }) => name === template);
  if (provider !== undefined) return provider;
  const known = PROVIDERS.map(({ name }) => name).join(", ");
  throw new BottleError("unavailable", `this version cannot run the provider ${JSON.stringify(template)}`, {
    where,
    hint: `use one of: ${known}`,
  });
}
