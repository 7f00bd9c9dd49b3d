// The operator's own models.json, made fit for a bottle: addresses, names and settings of models go in; keys and headers
// become placeholders; commands that would fetch keys are not there to be run.

import { BottleError } from "#domain/bottle-error.ts";

import { MODEL_HOSTS, OTHER_PROVIDERS } from "./model-hosts.ts";
import { ModelsEntry, ModelsFile } from "./models-schema.ts";
import { hasKey, keysIn, withoutKeys } from "./planted.ts";
import { PLACEHOLDER } from "./placeholder.ts";

export interface StagedModels {
  /** The new file. */
  readonly text: string;
  /** In its order. */
  readonly providers: readonly StagedProvider[];
}

export interface StagedProvider {
  readonly name: string;
  readonly hosts: readonly string[];
  /** The first model of its own. */
  readonly model: string | undefined;
}

const BUILT_IN = new Set([...MODEL_HOSTS.map(({ provider }) => provider), ...OTHER_PROVIDERS]);

/** Throws `invalid` for what is no models.json at all; entries that Pi would refuse are left out. */
export function stageModels(written: string, path: string): StagedModels {
  const { entries, keys } = parse(written, path);
  const kept = Object.entries(entries).flatMap(([name, entry]) => {
    const clean = ModelsEntry.safeParse(withoutKeys(ModelsEntry.safeParse(entry).data, keys)).data;
    return clean === undefined || name === "" || hasKey(name, keys) || !isUsable(name, clean) ? [] : [{ name, clean }];
  });
  const providers = Object.fromEntries(kept.map(({ name, clean }) => [name, { ...clean, apiKey: PLACEHOLDER }]));
  return {
    text: `${JSON.stringify({ providers }, undefined, 2)}\n`,
    providers: kept.map(({ name, clean }) => ({ name, hosts: hostsOf(clean), model: clean.models?.[0]?.id })),
  };
}

function parse(written: string, path: string): { entries: Record<string, unknown>; keys: ReadonlySet<string> } {
  try {
    const file: unknown = JSON.parse(withoutComments(written));
    return { entries: ModelsFile.parse(file).providers, keys: keysIn(file) };
  } catch {
    // Without the cause: a message of the parser quotes the text, which may hold a key.
    throw new BottleError("invalid", "is no list of Pi's providers", {
      where: path,
      hint: 'make it JSON such as {"providers": {}}, or move it away',
    });
  }
}

/** As Pi reads the file: `//` comments and commas before a closing bracket are allowed. */
function withoutComments(written: string): string {
  const text = written.replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*/g, (_all, quoted: string | undefined) => quoted ?? "");
  return text.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (_all, quoted: string | undefined) => quoted ?? "");
}

/** By the rules of Pi, which reads nothing of a file with one entry that breaks them. */
function isUsable(name: string, { models = [], ...entry }: ModelsEntry): boolean {
  if (models.length === 0) {
    const overrides = Object.keys(entry.modelOverrides ?? {}).length > 0;
    return overrides || [entry.baseUrl, entry.headers, entry.compat].some((member) => member !== undefined);
  }
  if (BUILT_IN.has(name)) return true;
  return entry.baseUrl !== undefined && models.every(({ api }) => (api ?? entry.api) !== undefined);
}

function hostsOf({ baseUrl, models = [] }: ModelsEntry): string[] {
  const addresses = [baseUrl, ...models.map((model) => model.baseUrl)].filter((address) => address !== undefined);
  return [...new Set(addresses.map((address) => new URL(address).hostname))];
}
