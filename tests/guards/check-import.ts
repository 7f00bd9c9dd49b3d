// Whether one import of one file keeps to the table: the rule that it breaks, or nothing.

import { posix } from "node:path";

import { importTable, pureNodeModules, readableByCli, registry, type Area, type AreaRule } from "./import-table.ts";

/** `file` and what `specifier` names are relative to the repository, with `/`. */
export function brokenRule(file: string, specifier: string): string | undefined {
  const from = areaOf(file);
  if (from === undefined) return undefined; // tests, bench and tools may import everything
  const rule = importTable[from];
  if (specifier.startsWith("node:")) return brokenIo(from, rule, specifier);
  const target = resolved(file, specifier);
  if (target === undefined) return brokenPackage(from, rule, specifier);
  const to = areaOf(target);
  if (from === "cli" && readableByCli.includes(target)) return undefined;
  if (to === undefined) return `${from} imports ${target}, which is no part of the product`;
  if (specifier.startsWith(".") && unitOf(file) !== unitOf(target) && file !== registry) {
    return `${from} reaches ${target} by a relative path: cross folders by #${to}/…`;
  }
  const allowed = allowedFor(file, rule);
  if (allowed === "everything") return undefined;
  if (from !== to) return allowed.includes(to) ? undefined : `${from} imports ${to}: it may import ${list(allowed)}`;
  return rule.separate && file !== registry && unitOf(file) !== unitOf(target)
    ? `${unitOf(file)} imports ${unitOf(target)}: each stands alone`
    : undefined;
}

function brokenIo(from: Area, rule: AreaRule, specifier: string): string | undefined {
  return rule.io || pureNodeModules.includes(specifier) ? undefined : `${from} imports ${specifier}: no I/O here`;
}

function brokenPackage(from: Area, { packages }: AreaRule, specifier: string): string | undefined {
  if (packages === undefined || packages.includes(specifier)) return undefined;
  return `${from} imports the package ${specifier}: it needs none but ${packages.join(", ")}`;
}

function allowedFor(file: string, rule: AreaRule): readonly Area[] | "everything" {
  const exception = Object.entries(rule.except ?? {}).find(
    ([path]) => file === path || (path.endsWith("/") && file.startsWith(path)),
  );
  return exception?.[1] ?? rule.mayImport;
}

/** The path that an import of ours names; undefined for a package. */
function resolved(file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file), specifier);
  const alias = /^#([a-z]+)\/(.+)$/.exec(specifier);
  if (alias === null) return undefined;
  const folder = importTable[alias[1] as Area]?.folder ?? alias[1]!;
  return posix.join(folder, alias[2]!);
}

function areaOf(file: string): Area | undefined {
  return (Object.keys(importTable) as Area[]).find((area) => file.startsWith(`${importTable[area].folder}/`));
}

/** What may be crossed by relative paths: the area, or, where each folder stands alone, that folder. */
function unitOf(file: string): string {
  const area = areaOf(file);
  if (area === undefined) return file;
  const { folder, separate } = importTable[area];
  const [next] = file.slice(folder.length + 1).split("/");
  return separate && file !== registry && next !== undefined ? `${folder}/${next}` : folder;
}

function list(areas: readonly Area[]): string {
  return areas.length === 0 ? "nothing of ours" : areas.join(", ");
}
